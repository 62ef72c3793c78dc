using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Pages that were brought into a known state, and what the module says of them.</summary>
public sealed class PageStateTests
{
    public static TheoryData<string, string, string, string> States => new()
    {
        // Animal, region, key of its expectations, state.
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
    public void Pages_are_in_the_state_they_were_brought_into(string name, string region, string key, string state)
    {
        Machine.NeedsRoot();
        using Animal animal = Animal.Start(name);
        using Session session = SessionWith(animal, region);

        IReadOnlyList<PSObject> pages = session.Objects("Get-ProcessPageMap -Id $id -Address $range -IncludeUnpopulated");

        Assert.Equal(animal[region].PageCount, pages.Count);
        Dictionary<ulong, string?> states = pages.ToDictionary(page => page.Get<ulong>("Address"), page => page.Get<string>("State"));
        Assert.All(animal[region].Pages(key), address => Assert.Equal(state, states[address]));
    }

    [Fact]
    public void Pages_that_hold_nothing_are_left_out_unless_they_are_asked_for()
    {
        using Animal animal = Animal.Start("anon");
        using Session session = SessionWith(animal, "anon");
        const string Command = "Get-ProcessPageMap -Id $id -Address $range";

        Assert.Equal(animal.Region.Pages("written"), session.Objects(Command).Column<ulong>("Address"));
        Assert.Equal(animal.Region.Pages("untouched"), session.Objects($"{Command} -State Unpopulated").Column<ulong>("Address"));
        Assert.Equal(animal.Region.PageCount, session.Objects($"{Command} -IncludeUnpopulated").Count);
        Assert.Equal(animal.Region.PageCount, session.Objects($"{Command} -State Present, Unpopulated").Count);
    }

    [Fact]
    public void A_swapped_page_names_its_place()
    {
        Machine.NeedsRoot();
        using Animal animal = Animal.Start("swapped");
        using Session session = SessionWith(animal, "swapped");

        IReadOnlyList<PSObject> swapped = session.Objects("Get-ProcessPageMap -Id $id -Address $range -State Swapped");

        Assert.Equal(animal.Region.Pages("swapped"), swapped.Column<ulong>("Address"));
        Assert.All(swapped, page =>
        {
            Assert.Null(page.Get<ulong?>("Pfn"));
            Assert.NotNull(page.Get<ulong?>("SwapOffset"));
            Assert.InRange(page.Get<int>("SwapType"), 0, 22);
        });
        string[] areas = [.. File.ReadLines("/proc/swaps").Skip(1).Select(line => line.Split(' ')[0])];
        Assert.All(swapped, page => Assert.Contains(page.Get<string>("SwapFile"), areas));
        Assert.Equal(swapped.Count, swapped.Column<ulong>("SwapOffset").Distinct().Count());
    }

    [Fact]
    public void A_present_page_has_a_frame_and_no_place_in_swap()
    {
        Machine.NeedsRoot();
        using Animal animal = Animal.Start("anon");
        using Session session = SessionWith(animal, "anon");

        Assert.All(session.Objects("Get-ProcessPageMap -Id $id -Address $range"), page =>
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
    public void Pages_that_a_fork_shares_are_told_from_ones_own()
    {
        using Animal animal = Animal.Start("fork");
        animal.Next();
        using Session session = SessionWith(animal, "parent");
        const string Command = "Get-ProcessPageMap -Id $id -Address $range";

        Assert.Equal(animal["parent"].Pages("exclusive"), session.Objects($"{Command} -Exclusive").Column<ulong>("Address"));
        Assert.Equal(animal["parent"].Pages("shared"), session.Objects($"{Command} -Shared").Column<ulong>("Address"));
    }

    [Fact]
    public void Write_protection_by_userfaultfd_is_shown()
    {
        using Animal animal = Animal.Start("uffd-wp");
        using Session session = SessionWith(animal, "populated");

        Assert.All(session.Objects("Get-ProcessPageMap -Id $id -Address $range"), page => Assert.True(page.Get<bool>("IsUffdWriteProtected")));
        animal.Next();
        Assert.All(session.Objects("Get-ProcessPageMap -Id $id -Address $range"), page => Assert.False(page.Get<bool>("IsUffdWriteProtected")));
    }

    [Theory]
    [InlineData("shared-zapped", "zapped", "NotMapped")]
    [InlineData("shared-zapped", "mapped", "Present")]
    [InlineData("shared-zapped", "hole", "Unpopulated")]
    [InlineData("shared-swapped", "swapped", "SwappedShared")]
    [InlineData("shared-swapped", "hole", "Unpopulated")]
    [InlineData("file-untouched", "cached", "NotMapped")]
    public void Shared_memory_is_resolved_where_that_is_asked_for(string name, string key, string state)
    {
        Machine.NeedsRoot();
        using Animal animal = Animal.Start(name);
        if (animal.Region.Expect.GetValueOrDefault("swap-cache", "none") != "none")
        {
            Assert.Skip("Without zswap a page that was swapped out stays in the swap cache, and cannot be told from one in the page cache before Linux 6.5.");
        }

        using Session session = SessionWith(animal, name);
        const string Command = "Get-ProcessPageMap -Id $id -Address $range -IncludeUnpopulated";

        Dictionary<ulong, string?> states = session.Objects($"{Command} -ResolveShared").ToDictionary(page => page.Get<ulong>("Address"), page => page.Get<string>("State"));
        Assert.All(animal.Region.Pages(key), address => Assert.Equal(state, states[address]));
        Assert.DoesNotContain(session.Objects(Command), page => page.Get<string>("State") is "NotMapped" or "SwappedShared");
    }

    private static Session SessionWith(Animal animal, string region)
    {
        Session session = new();
        session["id"] = animal[region].Pid;
        session["range"] = animal[region].Range;
        return session;
    }
}
