using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.HugePages;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Tests.HugePages;

/// <summary>Measures processes of fake proc trees, whose folios have four pages.</summary>
[Trait("Tier", "Unit")]
public sealed class HugePageMeterTests : IDisposable
{
    private const int Id = 7;
    private const ulong FirstPage = 0x2000;
    private const ulong Head = (ulong)(KPageFlags.COMPOUND_HEAD | KPageFlags.THP | KPageFlags.ANON);
    private const ulong Tail = (ulong)(KPageFlags.COMPOUND_TAIL | KPageFlags.THP | KPageFlags.ANON);
    private const ulong Small = (ulong)KPageFlags.ANON;

    // The page frames 4 to 7 and 8 to 11 are folios, 12 is a page of its own.
    private static readonly ulong[] s_flags = [0, 0, 0, 0, Head, Tail, Tail, Tail, Head, Tail, Tail, Tail, Small];

    private readonly FakeProc _tree = new FakeProc().WriteEntries("kpageflags", 0, s_flags);

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void AFolioIsWholeIfAllItsPagesAreMappedInOrder() => AssertRows(["Anonymous 4 aligned whole: 4"], pages: 4, 4, 5, 6, 7);

    [Fact]
    public void NeighbouringFoliosAreCountedEach() => AssertRows(["Anonymous 4 aligned whole: 8"], pages: 9, 4, 5, 6, 7, 8, 9, 10, 11, 12);

    [Fact]
    public void AFolioAtAnotherAddressThanAMultipleOfItsSizeIsNotAligned() => AssertRows(["Anonymous 4 whole: 4"], pages: 5, 12, 4, 5, 6, 7);

    [Fact]
    public void AFolioWithoutItsLastPagesIsPartial() => AssertRows(["Anonymous 4 aligned: 2"], pages: 2, 8, 9);

    [Fact]
    public void AFolioWithoutItsFirstPagesIsPartialAndAlignedByItsHead() => AssertRows(["Anonymous 4 aligned: 2"], pages: 2, 0, 0, 10, 11);

    [Fact]
    public void AFolioWithAHoleIsPartial() => AssertRows(["Anonymous 4 aligned: 3"], pages: 3, 4, 0, 6, 7);

    [Fact]
    public void PagesInAnotherOrderAreParts() => AssertRows(["Anonymous 4 aligned: 2", "Anonymous 4: 2"], pages: 4, 4, 6, 5, 7);

    [Fact]
    public void PartsOfTwoFoliosThatFollowEachOtherAreParts() => AssertRows(["Anonymous 4: 4"], pages: 4, 6, 7, 8, 9);

    [Fact]
    public void AFolioAtTheEndOfMemoryIsWhole()
    {
        _tree.WriteEntries("kpageflags", 0, s_flags).WriteEntries("kpageflags", 12, Head, Tail, Tail, Tail);
        AssertRows(["Anonymous 4 aligned whole: 4"], pages: 4, 12, 13, 14, 15);
    }

    [Fact]
    public void TheHugeZeroPageIsNoMemoryOfTheProcess()
    {
        const ulong Zero = (ulong)(KPageFlags.THP | KPageFlags.ZERO_PAGE);
        _tree.WriteEntries("kpageflags", 4, Zero | (ulong)KPageFlags.COMPOUND_HEAD, Zero | (ulong)KPageFlags.COMPOUND_TAIL, Zero | (ulong)KPageFlags.COMPOUND_TAIL, Zero | (ulong)KPageFlags.COMPOUND_TAIL);
        AssertRows(["Anonymous 4 aligned whole: 4"], pages: 4, 4, 5, 6, 7, 8, 9, 10, 11);
    }

    [Fact]
    public void FoliosOfAFileAreOfTheKindFile()
    {
        const ulong Thp = (ulong)KPageFlags.THP;
        _tree.WriteEntries("kpageflags", 4, Thp | (ulong)KPageFlags.COMPOUND_HEAD, Thp | (ulong)KPageFlags.COMPOUND_TAIL, Thp | (ulong)KPageFlags.COMPOUND_TAIL, Thp | (ulong)KPageFlags.COMPOUND_TAIL);
        Map("08:01 42 /usr/lib/made-up.so", 4, 5, 6, 7, 8, 9, 10, 11);
        Assert.Equal(["Anonymous 4 aligned whole: 4", "File 4 aligned whole: 4"], Format(Measure()));
        Assert.All(Measure(), row => Assert.Equal((8 * (long)KernelFile.PageSize, 50.0), (row.Rss, row.Percent)));
    }

    [Theory]
    [InlineData(0, "Anonymous 1 aligned whole: 2")]
    [InlineData(1, "Anonymous 1 pmd aligned whole: 1", "Anonymous 1 aligned whole: 1")]
    [InlineData(2, "Anonymous 1 pmd aligned whole: 2")]
    [InlineData(9, "Anonymous 1 pmd aligned whole: 2")]
    public void WithoutPagemapScanSmapsHasWhatPmdsMap(int mapped, params string[] rows)
    {
        int pmdPages = (int)(PageGeometry.PmdSize / KernelFile.PageSize);
        ulong[] flags = [.. Enumerable.Range(0, 3 * pmdPages).Select(pfn => pfn % pmdPages == 0 ? Head : Tail)];
        string line = Map("00:00 0", [.. Enumerable.Range(pmdPages, 2 * pmdPages).Select(pfn => (ulong)pfn)]);
        _tree.WriteEntries("kpageflags", 0, flags).WriteText($"{Id}/smaps", $"{line}\nRss: 9 kB\nAnonHugePages: {mapped * (long)PageGeometry.PmdSize / 1024} kB\nVmFlags: rd wr\n");
        Assert.Equal(rows, Format(Measure(), pmdPages));
    }

    [Fact]
    public void MappingsAreMeasuredEach()
    {
        string first = Map("00:00 0", 4, 5, 6, 7);
        string second = $"{(FirstPage + 0x100) * KernelFile.PageSize:x}-{(FirstPage + 0x102) * KernelFile.PageSize:x} rw-p 00000000 00:00 0 [heap]";
        _tree.AddProcess(Id, first, second).WritePagemap(Id, (FirstPage + 0x100) * KernelFile.PageSize, PagemapBits.Present | 8, PagemapBits.Present | 12);
        using ProcfsContext procfs = new(_tree.Root);
        MappingHugePage[] rows = [.. new HugePageMeter(procfs).MeasureMappings(Id, TestContext.Current.CancellationToken)];
        Assert.Equal(["[anon]", "[heap]"], rows.Select(row => row.Mapping.Name));
        Assert.Equal(["Anonymous 4 aligned whole: 4", "Anonymous 4 aligned: 1"], Format(rows));
        Assert.Equal<double?>([100.0, 50.0], rows.Select(row => row.Percent));
    }

    [Fact]
    public void AProcessWithoutLargeFoliosHasNoRows() => AssertRows([], pages: 1, 12);

    [Fact]
    public void HiddenPageFramesAreAnError()
    {
        Map("00:00 0", 0);
        _tree.WritePagemap(Id, FirstPage * KernelFile.PageSize, PagemapBits.Present);
        Assert.Equal(ProcfsError.PageFramesHidden, Assert.Throws<ProcfsException>(Measure).Error);
    }

    [Fact]
    public void SamplesHaveTheChangeSinceTheOneBefore()
    {
        HugePageSampler sampler = new();
        DateTime time = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Local);
        Map("00:00 0", 4, 5, 6, 7);
        sampler.BeginSample(time);
        ProcessHugePage first = sampler.Add(Measure().Single());
        Map("00:00 0", 4, 5, 6, 7, 8, 9, 10, 11);
        sampler.BeginSample(time.AddSeconds(1));
        ProcessHugePage second = sampler.Add(Measure().Single());
        Assert.Equal<(long?, long?)>((null, 4 * (long)KernelFile.PageSize), (first.BytesDelta, second.BytesDelta));
        Assert.Equal(time.AddSeconds(1), second.Timestamp);
    }

    private void AssertRows(string[] expected, int pages, params ulong[] pfns)
    {
        Map("00:00 0", pfns);
        ProcessHugePage[] rows = Measure();
        Assert.Equal(expected, Format(rows));
        Assert.All(rows, row => Assert.Equal(pages * (long)KernelFile.PageSize, row.Rss));
    }

    /// <summary>Adds a process with one mapping; a page with the page frame 0 is not present. Returns the line of maps.</summary>
    private string Map(string file, params ulong[] pfns)
    {
        string line = $"{FirstPage * KernelFile.PageSize:x}-{(FirstPage + (ulong)pfns.Length) * KernelFile.PageSize:x} rw-p 00000000 {file}";
        _tree.AddProcess(Id, line).WritePagemap(Id, FirstPage * KernelFile.PageSize, [.. pfns.Select(pfn => pfn == 0 ? 0 : PagemapBits.Present | pfn)]);
        return line;
    }

    private ProcessHugePage[] Measure()
    {
        using ProcfsContext procfs = new(_tree.Root);
        return [.. procfs.MeasureHugePages(Id, cancellationToken: TestContext.Current.CancellationToken)];
    }

    private static IEnumerable<string> Format(IEnumerable<ProcessHugePage> rows, int unit = 1) => rows.Select(row =>
        $"{row.Kind} {row.FolioSize / (long)KernelFile.PageSize / unit}{(row.IsPmdMapped ? " pmd" : "")}{(row.IsAligned ? " aligned" : "")}{(row.IsWhole ? " whole" : "")}: {row.PageCount / unit}");
}
