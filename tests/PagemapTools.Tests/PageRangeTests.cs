using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Compares the ranges of -AsRange with the single pages.</summary>
[Collection(ExclusiveCollection.Name)]
[Trait("Tier", "Privileged")]
public sealed class PageRangeTests
{
    private static readonly string[] s_compared =
        ["ProcessId", "State", "IsExclusive", "IsSoftDirty", "IsUffdWriteProtected", "IsFileOrSharedAnon", "SwapType", "SwapFile", "Flags", "MapCount", "CgroupInode"];

    [Theory]
    [InlineData("dense", "size=16MiB", "")]
    [InlineData("dense", "size=16MiB", "-Include Flags, MapCount, Cgroup -Address RANGE")]
    [InlineData("thp", "", "-Include Flags -Raw -Address RANGE")]
    [InlineData("thp", "", "-Include MapCount -NotFlag LOCKED -Address RANGE")]
    [InlineData("fork", "", "-Include MapCount -Address RANGE")]
    [InlineData("guard", "", "-IncludeUnpopulated -Address RANGE")]
    [InlineData("swapped", "", "-State Swapped, Present -Address RANGE")]
    [InlineData("shared-swapped", "", "-ResolveShared -IncludeUnpopulated -Address RANGE")]
    [InlineData("anon-read", "", "-Include Flags, MapCount -Address RANGE")]
    public void RangesExpandToSinglePages(string name, string options, string parameters)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory(name, options.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Stop();
        using Session session = new();
        session["id"] = target.ProcessId;
        string command = $"Get-ProcessPageMap -Id $id {parameters.Replace("RANGE", target.Region.RangeText, StringComparison.Ordinal)}";

        Stable.Until(
            () => string.Join('\n', session.GetObjects(command).Select(Describe)),
            expected =>
            {
                IReadOnlyList<PSObject> ranges = session.GetObjects($"{command} -AsRange");
                Assert.Equal(expected, string.Join('\n', ranges.SelectMany(ExpandPages)));
                Assert.Equal(ranges.Count, CountJoined(ranges));
            });
    }

    [Theory]
    [InlineData("anon", "")]
    [InlineData("guard", "")]
    [InlineData("swapped", "-Include Flags")]
    [InlineData("thp", "-Include Flags, MapCount")]
    public void FlagSummaryOfRangesEqualsThatOfPages(string name, string parameters)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory(name).Stop();
        using Session session = new();
        session["id"] = target.ProcessId;
        string region = $"Get-ProcessPageMap -Id $id -Address {target.Region.RangeText}";

        foreach (string raw in (string[])["", "-Raw"])
        {
            Stable.Until(
                () => GetSummary(session, $"{region} {parameters} | Measure-KPageFlags {raw}"),
                expected => Assert.Equal(expected, GetSummary(session, $"{region} {parameters} -AsRange | Measure-KPageFlags {raw}")));
        }

        Stable.Until(
            () => session.GetObjects("Measure-KPageFlags -Id $id").GetColumn<long>("PageCount").Sum(),
            expected => Assert.Equal(expected, session.GetObjects("Get-ProcessPageMap -Id $id | Measure-KPageFlags").GetColumn<long>("PageCount").Sum()));
    }

    [Fact]
    public void CmdletReadsFramesOfRangesInOrder()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("dense", "size=4MiB").Stop();
        using Session session = new();
        session["id"] = target.ProcessId;
        string pages = $"Get-ProcessPageMap -Id $id -Address {target.Region.RangeText} -State Present";

        Assert.Equal(session.GetObjects(pages).GetColumn<ulong>("Pfn"), session.GetObjects($"{pages} -AsRange | Get-KPageCount").GetColumn<ulong>("Pfn"));
    }

    [Fact]
    public void IgnorePfnJoinsPagesWhoseEntriesDifferInThePageFrameAlone()
    {
        using TargetProcess target = TargetProcess.Start("dense", "size=16MiB").Stop();
        TargetRegion region = target.Region;
        using Session session = new();
        session["id"] = target.ProcessId;
        string command = $"Get-ProcessPageMap -Id $id -Address {region.RangeText}";
        ulong[] marks = [.. KernelFile.ReadPagemap(target.ProcessId, region.Start, region.PageCount).Select(entry => entry & ~PagemapBits.Frame)];
        IEnumerable<int> starts = Enumerable.Range(0, marks.Length).Where(page => page == 0 || marks[page] != marks[page - 1]);

        IReadOnlyList<PSObject> ranges = session.GetObjects($"{command} -IgnorePfn");

        Assert.Equal(starts.Select(region.GetAddress), ranges.GetColumn<ulong>("Address"));
        Assert.Equal(region.PageCount, ranges.GetColumn<int>("PageCount").Sum());
        Assert.All(ranges, range => Assert.Null(range.Get<ulong?>("Pfn")));
    }

    [Fact]
    public void IgnorePfnMakesOneRangeOfAHugetlbPage()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.StartInKnownMemory("hugetlb-private").Stop();
        ulong size = ulong.Parse(target.Region.Expect["huge-page-size"]);
        using Session session = new();
        session["id"] = target.ProcessId;
        string written = $"Get-ProcessPageMap -Id $id -Address {target.Region.StartText}-0x{target.Region.Start + size:x} -Include Flags";

        IReadOnlyList<PSObject> marked = session.GetObjects($"{written} -AsRange");
        PSObject range = Assert.Single(session.GetObjects($"{written} -IgnorePfn"));

        Assert.Equal(["COMPOUND_HEAD", "COMPOUND_TAIL"], marked.Select(part => Assert.Single(part.Get<string>("FlagNames")!.Split(','), name => name.StartsWith("COMPOUND", StringComparison.Ordinal))));
        Assert.Equal(size, range.Get<ulong>("Bytes"));
    }

    private static string GetSummary(Session session, string command) =>
        string.Join('\n', session.GetObjects(command).Select(row => $"{row.Get<ulong>("Flags"):x} {row.Get<long>("PageCount")}"));

    [Theory]
    [InlineData("Get-KPageFlags -Path $saved")]
    [InlineData("Get-KPageFlags -Path $saved -Raw")]
    [InlineData("Get-KPageFlags -Path $saved -Flag LRU")]
    public void FrameRangesExpandToSingleFrames(string command)
    {
        using FakeProc tree = new();
        Random random = new(7);
        ulong[] words = [.. Enumerable.Range(0, 50_000).Select(frame => frame % 100 < 50 ? 0x20UL : 1UL << random.Next(43))];
        tree.WriteEntries("saved", 0, words);
        using Session session = new();
        session["saved"] = tree.GetPath("saved");

        IReadOnlyList<PSObject> frames = session.GetObjects(command);
        IReadOnlyList<PSObject> ranges = session.GetObjects($"{command} -AsRange");

        Assert.Equal(
            frames.Select(frame => (frame.Get<ulong>("Pfn"), frame.Get<ulong>("Flags"))),
            ranges.SelectMany(range => Enumerable.Range(0, range.Get<int>("PageCount")).Select(page => (range.Get<ulong>("Pfn") + (ulong)page, range.Get<ulong>("Flags")))));
        Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.False(
            pair.First.Get<ulong>("Pfn") + pair.First.Get<ulong>("PageCount") == pair.Second.Get<ulong>("Pfn") && pair.First.Get<ulong>("Flags") == pair.Second.Get<ulong>("Flags")));
        Assert.All(ranges, range => Assert.Equal("PageRange", range.GetTypeName()));
    }

    private static string Describe(PSObject page) => Describe(page, page.Get<ulong>("Address"), page.Get<ulong?>("Pfn"), page.Get<ulong?>("SwapOffset"));

    private static string Describe(PSObject item, ulong address, ulong? pfn, ulong? swapOffset) =>
        $"{address:x} {pfn:x} {swapOffset:x} " + string.Join(' ', s_compared.Select(property => $"{item.Properties[property].Value}"));

    private static IEnumerable<string> ExpandPages(PSObject range)
    {
        ulong count = range.Get<ulong>("PageCount");
        Assert.Equal(count * Machine.PageSize, range.Get<ulong>("Bytes"));
        Assert.Equal(range.Get<ulong>("Address") + (count * Machine.PageSize), range.Get<ulong>("EndAddress"));

        // SwapOffset is the kind of a marker, which does not increase from page to page.
        bool isSwapped = range.Get<string>("State") == "Swapped";
        for (ulong page = 0; page < count; page++)
        {
            yield return Describe(
                range,
                range.Get<ulong>("Address") + (page * Machine.PageSize),
                range.Get<ulong?>("Pfn") + page,
                range.Get<ulong?>("SwapOffset") + (isSwapped ? page : 0));
        }
    }

    /// <summary>Returns the number of ranges after a join of all adjacent equal ranges.</summary>
    private static int CountJoined(IReadOnlyList<PSObject> ranges) => 1 + ranges.Zip(ranges.Skip(1)).Count(pair => !Continues(pair.First, pair.Second));

    private static bool Continues(PSObject first, PSObject second)
    {
        bool isSwapped = first.Get<string>("State") == "Swapped";
        ulong count = first.Get<ulong>("PageCount");
        return first.Get<ulong>("EndAddress") == second.Get<ulong>("Address")
            && ReferenceEquals(first.Properties["Mapping"].Value, second.Properties["Mapping"].Value)
            && Equals(first.Get<ulong?>("Pfn") + count, second.Get<ulong?>("Pfn"))
            && Equals(first.Get<ulong?>("SwapOffset") + (isSwapped ? count : 0), second.Get<ulong?>("SwapOffset"))
            && s_compared.All(property => Equals(first.Properties[property].Value, second.Properties[property].Value));
    }
}
