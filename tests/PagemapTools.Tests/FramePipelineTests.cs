using System.Globalization;
using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Pages that pass through a pipeline of several cmdlets.</summary>
[Trait("Tier", "Privileged")]
public sealed class FramePipelineTests
{
    private const int Pages = 16 * 1024;

    // The number of pages that the cmdlets gather from the pipeline before they read.
    private const int PagesToGather = 4096;

    [Fact]
    public void CmdletsAddPropertiesToPipedPagesInOrder()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("dense", "size=64MiB").Stop();
        using Session session = CreateSession(target);

        IReadOnlyList<PSObject> pages = session.GetObjects("Get-ProcessPageMap -Id $id -Address $range | Get-KPageFlags | Get-KPageCount | Get-KPageCgroup");

        Assert.Equal(Enumerable.Range(0, Pages).Select(target.Region.GetAddress), pages.GetColumn<ulong>("Address"));
        Assert.All(pages, page =>
        {
            Assert.Equal("ProcessPageInfo", page.GetTypeName());
            Assert.True(page.Get<ulong?>("Flags") is not null || UntrackedMemory.Contains(target.ProcessId, page.Get<ulong>("Address"), 1));
            Assert.Equal(1UL, page.Get<ulong>("MapCount"));
            Assert.True(page.Get<ulong?>("CgroupInode") is not null || UntrackedMemory.Contains(target.ProcessId, page.Get<ulong>("Address"), 1));
        });
    }

    [Fact]
    public void PipingGivesSameResultAsInclude()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("fork", "pages=300").Stop();
        using Session session = CreateSession(target);

        Stable.Until(
            () => Describe(session.GetObjects("Get-ProcessPageMap -Id $id -Address $range -Include Flags, MapCount, Cgroup")),
            expected => Assert.Equal(expected, Describe(session.GetObjects("Get-ProcessPageMap -Id $id -Address $range | Get-KPageCgroup | Get-KPageFlags | Get-KPageCount"))));
    }

    [Fact]
    public void CmdletsPassOnTheSameObjects()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon");
        using Session session = CreateSession(target);

        IReadOnlyList<PSObject> passed = session.GetObjects("$pages = Get-ProcessPageMap -Id $id -Address $range; $pages | Get-KPageFlags; Get-KPageCount -InputObject $pages[0]");

        object[] pages = (object[])session["pages"]!;
        Assert.Equal([.. pages, pages[0]], passed.Select(page => (object)page));
    }

    [Fact]
    public void DownstreamFilterKeepsOrder()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("file-private", "pages=512 read=0-255 written=256-511".Split(' ')).Stop();
        using Session session = CreateSession(target);
        ulong[] written = target.Region.GetAddresses("written");

        Assert.Equal(written, session.GetObjects("Get-ProcessPageMap -Id $id -Address $range | Get-KPageFlags -Flag ANON").GetColumn<ulong>("Address"));
        Assert.Equal(written, session.GetObjects("Get-ProcessPageMap -Id $id -Address $range | Get-KPageCount | Get-KPageFlags -BitSpec anon").GetColumn<ulong>("Address"));
        Assert.Equal(512, session.GetObjects("Get-ProcessPageMap -Id $id -Address $range | Get-KPageCount -Minimum 1").Count);
        Assert.Empty(session.GetObjects("Get-ProcessPageMap -Id $id -Address $range | Get-KPageCount -Minimum 1000000"));
    }

    [Fact]
    public void CmdletsPassOnPagesWithoutFrame()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon");
        using Session session = CreateSession(target);

        IReadOnlyList<PSObject> pages = session.GetObjects("Get-ProcessPageMap -Id $id -Address $range -IncludeUnpopulated | Get-KPageFlags | Get-KPageCount");

        Assert.Equal(target.Region.PageCount, pages.Count);
        Assert.All(pages, page =>
        {
            bool isPresent = page.Get<string>("State") == "Present";
            Assert.Equal(isPresent, page.Get<ulong?>("Flags") is not null);
            Assert.Equal(isPresent, page.Get<ulong?>("MapCount") is not null);
        });
    }

    [Theory]
    [InlineData("@()")]
    [InlineData("Get-ProcessPageMap -Id $id -Mapping nosuch")]
    public void EmptyInputGivesNoOutput(string source)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon");
        using Session session = CreateSession(target);

        foreach (string cmdlet in (string[])["Get-KPageFlags", "Get-KPageCount", "Get-KPageCgroup", "Measure-KPageFlags"])
        {
            Assert.Empty(session.GetObjects($"{source} | {cmdlet} | Stop-Upstream 1"));
        }
    }

    [Fact]
    public void CmdletsReadPipedPagesInBatches()
    {
        Require.ReadableFile("/proc/self/io");
        using FakeProc tree = new();
        ulong[] pfns = [.. Enumerable.Range(1, Pages).Select(pfn => (ulong)pfn)];
        for (int batch = 0; batch < Pages; batch += PagesToGather)
        {
            new Random(11).Shuffle(pfns.AsSpan(batch, Math.Min(PagesToGather, Pages - batch)));
        }

        tree.AddProcess(7, 0x10000, [.. pfns.Select(PagemapBits.PresentAt)]);
        foreach (string file in (string[])["kpageflags", "kpagecount", "kpagecgroup"])
        {
            tree.WriteEntries(file, 0, new ulong[Pages + 1]);
        }

        // A separate process: the read count in its /proc/self/io contains no reads of other tests.
        HostRun run = HostProgram.RunScript(
            $$"""
            function Reads { [long]([IO.File]::ReadAllLines('/proc/self/io') -like 'syscr:*')[0].Split(' ')[1] }
            [Environment]::SetEnvironmentVariable('PAGEMAPTOOLS_PROC', '{{tree.Path}}')
            $PSDefaultParameterValues['*:AllowSavedTree'] = $true
            Get-ProcessPageMap -Id 7 | Get-KPageFlags | Get-KPageCount | Get-KPageCgroup | ForEach-Object { } # loads what is loaded once
            $before = Reads
            $count = @(Get-ProcessPageMap -Id 7 | Get-KPageFlags | Get-KPageCount | Get-KPageCgroup).Count
            "$count $((Reads) - $before)"
            """);

        int[] figures = [.. Assert.Single(run.Lines).Split(' ').Select(figure => int.Parse(figure, CultureInfo.InvariantCulture))];
        Assert.Equal(Pages, figures[0]);
        Assert.InRange(figures[1], 1, Pages / 100);
    }

    private static Session CreateSession(TargetProcess target)
    {
        Session session = new();
        session["id"] = target.ProcessId;
        session["range"] = target.Region.RangeText;
        return session;
    }

    private static string Describe(IEnumerable<PSObject> pages) => string.Join('\n', pages.Select(page =>
        $"{page.Get<ulong>("Address")} {page.Get<ulong?>("Pfn")} {page.Get<ulong?>("RawFlags")} {page.Get<ulong?>("MapCount")} {page.Get<ulong?>("CgroupInode")} {page.Get<string>("CgroupPath")}"));
}
