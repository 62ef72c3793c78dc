using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>The module reports the state of pages that a test process brought into a known state.</summary>
[Trait("Tier", "Privileged")]
public sealed class PageStateTests
{
    public static TheoryData<string, string, string, string> States => new()
    {
        // Kind of the test process, region, key in Expect, state.
        { "anon", "anon", "written", "Present" },
        { "anon", "anon", "untouched", "Unpopulated" },
        { "anon-read", "anon-read", "read", "Present" },
        { "file-private", "file-private", "written", "Present" },
        { "memfd", "memfd", "written", "Present" },
        { "guard", "guard", "guard", "Guard" },
        { "guard", "guard", "written", "Present" },
        { "guard", "guard", "untouched", "Unpopulated" },
        { "uffd-wp", "markers", "marker", "UffdMarker" },
        { "uffd-wp", "markers", "written", "Present" },
        { "poison-marker", "poison-marker", "poison", "Poisoned" },
        { "swapped", "swapped", "swapped", "Swapped" },
        { "swapped", "swapped", "written-back", "Present" },
        { "thp", "whole", "written", "Present" },
    };

    [Theory]
    [MemberData(nameof(States))]
    public void PagesReportTheirKnownState(string name, string region, string key, string state)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory(name);
        using Session session = CreateSession(target, region);

        IReadOnlyList<PSObject> pages = session.GetObjects("Get-ProcessPageMap -Id $id -Address $range -IncludeUnpopulated");

        Assert.Equal(target[region].PageCount, pages.Count);
        Dictionary<ulong, string?> states = pages.ToDictionary(page => page.Get<ulong>("Address"), page => page.Get<string>("State"));
        Assert.All(target[region].GetAddresses(key), address => Assert.Equal(state, states[address]));
    }

    [Fact]
    public void CmdletOmitsUnpopulatedPagesByDefault()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon");
        using Session session = CreateSession(target, "anon");
        const string Command = "Get-ProcessPageMap -Id $id -Address $range";

        Assert.Equal(target.Region.GetAddresses("written"), session.GetObjects(Command).GetColumn<ulong>("Address"));
        Assert.Equal(target.Region.GetAddresses("untouched"), session.GetObjects($"{Command} -State Unpopulated").GetColumn<ulong>("Address"));
        Assert.Equal(target.Region.PageCount, session.GetObjects($"{Command} -IncludeUnpopulated").Count);
        Assert.Equal(target.Region.PageCount, session.GetObjects($"{Command} -State Present, Unpopulated").Count);
    }

    [Fact]
    public void SwappedPagesReportTheirSwapArea()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("swapped");
        using Session session = CreateSession(target, "swapped");

        IReadOnlyList<PSObject> swapped = session.GetObjects("Get-ProcessPageMap -Id $id -Address $range -State Swapped");

        Assert.Equal(target.Region.GetAddresses("swapped"), swapped.GetColumn<ulong>("Address"));
        Assert.All(swapped, page =>
        {
            Assert.Null(page.Get<ulong?>("Pfn"));
            Assert.NotNull(page.Get<ulong?>("SwapOffset"));
            Assert.InRange(page.Get<int>("SwapType"), 0, 22);
        });
        string[] areas = [.. File.ReadLines("/proc/swaps").Skip(1).Select(line => line.Split(' ')[0])];
        Assert.All(swapped, page => Assert.Contains(page.Get<string>("SwapFile"), areas));
        Assert.Equal(swapped.Count, swapped.GetColumn<ulong>("SwapOffset").Distinct().Count());
    }

    [Fact]
    public void PresentPagesHaveAFrameAndNoSwapOffset()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon");
        using Session session = CreateSession(target, "anon");

        Assert.All(session.GetObjects("Get-ProcessPageMap -Id $id -Address $range"), page =>
        {
            Assert.NotEqual(0UL, page.Get<ulong>("Pfn"));
            Assert.Null(page.Get<int?>("SwapType"));
            Assert.Null(page.Get<ulong?>("SwapOffset"));
            Assert.Null(page.Get<string>("SwapFile"));
            Assert.True(page.Get<bool>("IsExclusive"));
            Assert.False(page.Get<bool>("IsFileOrSharedAnon"));
        });
    }

    [Fact]
    public void ExclusiveAndSharedSeparatePagesOfFork()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("fork");
        target.Next();
        using Session session = CreateSession(target, "parent");
        const string Command = "Get-ProcessPageMap -Id $id -Address $range";

        Assert.Equal(target["parent"].GetAddresses("exclusive"), session.GetObjects($"{Command} -Exclusive").GetColumn<ulong>("Address"));
        Assert.Equal(target["parent"].GetAddresses("shared"), session.GetObjects($"{Command} -Shared").GetColumn<ulong>("Address"));
    }

    [Fact]
    public void PagesReportUserfaultfdWriteProtection()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("uffd-wp");
        using Session session = CreateSession(target, "populated");

        Assert.All(session.GetObjects("Get-ProcessPageMap -Id $id -Address $range"), page => Assert.True(page.Get<bool>("IsUffdWriteProtected")));
        target.Next();
        Assert.All(session.GetObjects("Get-ProcessPageMap -Id $id -Address $range"), page => Assert.False(page.Get<bool>("IsUffdWriteProtected")));
    }

    [Theory]
    [InlineData("shared-zapped", "zapped", "NotMapped")]
    [InlineData("shared-zapped", "mapped", "Present")]
    [InlineData("shared-zapped", "hole", "Unpopulated")]
    [InlineData("shared-swapped", "swapped", "SwappedShared")]
    [InlineData("shared-swapped", "hole", "Unpopulated")]
    [InlineData("file-untouched", "cached", "NotMapped")]
    public void ResolveSharedReportsStateOfSharedPages(string name, string key, string state)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory(name);
        if (target.Region.Expect.GetValueOrDefault("swap-cache", "none") != "none")
        {
            Require.That(false, "Zswap", "Without zswap a swapped page stays in the swap cache, and before Linux 6.5 it looks like a page in the page cache.");
        }

        using Session session = CreateSession(target, name);
        const string Command = "Get-ProcessPageMap -Id $id -Address $range -IncludeUnpopulated";

        Dictionary<ulong, string?> states = session.GetObjects($"{Command} -ResolveShared").ToDictionary(page => page.Get<ulong>("Address"), page => page.Get<string>("State"));
        Assert.All(target.Region.GetAddresses(key), address => Assert.Equal(state, states[address]));
        Assert.DoesNotContain(session.GetObjects(Command), page => page.Get<string>("State") is "NotMapped" or "SwappedShared");
    }

    private static Session CreateSession(TargetProcess target, string region)
    {
        Session session = new();
        session["id"] = target[region].ProcessId;
        session["range"] = target[region].RangeText;
        return session;
    }
}
