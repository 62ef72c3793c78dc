using System.IO.Compression;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.ReverseMap;

namespace PagemapTools.Procfs.Tests.ReverseMap;

/// <summary>Searches in made-up trees, whose counts and entries are known.</summary>
[Trait("Tier", "Unit")]
public sealed class ReverseMappingTests : IDisposable
{
    private const ulong Anonymous = (1UL << 3) | (1UL << 5) | (1UL << 11) | (1UL << 12) | (1UL << 14);
    private const ulong FilePage = (1UL << 3) | (1UL << 5) | (1UL << 11);
    private const ulong PageTable = 1UL << 26;
    private const ulong Poisoned = 1UL << 19;
    private const ulong Start = 0x10000;

    private readonly FakeProc _tree = new();
    private FrameMappingSummary? _summary;

    public ReverseMappingTests()
    {
        _tree.WriteEntries("kpageflags", 0, new ulong[4096]).WriteEntries("kpagecount", 0, new ulong[4096]);
    }

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void MappingsComeInOrderOfProcessAndAddress()
    {
        SetFrame(100, Anonymous, 4);
        _tree.AddProcess(30, Start, PagemapBits.PresentAt(7), PagemapBits.PresentAt(100))
            .AddProcess(4, Start, PagemapBits.PresentAt(100), PagemapBits.PresentAt(8), PagemapBits.PresentAt(100))
            .AddProcess(200, 0x50000, PagemapBits.PresentAt(100));

        Assert.Equal([(4, Start), (4, Start + (2 * KernelFile.PageSize)), (30, Start + KernelFile.PageSize), (200, 0x50000UL)], FindPlaces(100));
        Assert.Equal((1, 4, 0, 0), (_summary!.FrameCount, _summary.MappingCount, _summary.IncompleteFrameCount, _summary.MissingMappingCount));
    }

    [Fact]
    public void ManyFramesAreFoundInOneSearch()
    {
        const int Count = 3000;
        for (ulong pfn = 0; pfn < Count; pfn++)
        {
            SetFrame(pfn + 10, Anonymous, pfn % 2 == 0 ? 2u : 1u);
        }

        _tree.AddProcess(5, Start, [.. Enumerable.Range(10, Count).Select(pfn => PagemapBits.PresentAt((ulong)pfn))])
            .AddProcess(6, Start, [.. Enumerable.Range(10, Count).Where(pfn => pfn % 2 == 0).Select(pfn => PagemapBits.PresentAt((ulong)pfn))]);

        PageInfo[] pages = Find(new FrameRange(10, Count));

        Assert.Equal(Enumerable.Range(10, Count).Select(pfn => (5, (ulong)pfn)).Concat(Enumerable.Range(10, Count).Where(pfn => pfn % 2 == 0).Select(pfn => (6, (ulong)pfn))),
            pages.Cast<FrameMapping>().Select(page => (page.ProcessId, page.Pfn!.Value)));
    }

    [Fact]
    public void FrameWithoutMappingReportsItsUse()
    {
        SetFrame(50, PageTable, 0);
        SetFrame(51, Anonymous, 1);
        _tree.AddProcess(5, Start, PagemapBits.PresentAt(51));

        PageInfo[] pages = Find(new FrameRange(50, 2), new FrameRange(70, 1), new FrameRange(5000, 1));

        Assert.Equal(51UL, Assert.IsType<FrameMapping>(pages[0]).Pfn);
        Assert.Equal([(50UL, PageUse.PageTable), (70UL, PageUse.Kernel), (5000UL, PageUse.NotMemory)], pages.Skip(1).Cast<PageUseInfo>().Select(page => (page.Pfn!.Value, page.Use)));
    }

    /// <summary>Before Linux 6.10 only the head shows LRU and UPTODATE. A large allocation of the kernel is a compound page, too.</summary>
    [Theory]
    [InlineData(FilePage, PageUse.PageCache)]
    [InlineData(0, PageUse.Kernel)]
    public void TailPageHasTheUseOfItsFolio(ulong head, PageUse expected)
    {
        SetFrame(60, head | (1UL << 15), 0);
        SetFrame(61, 1UL << 16, 0);
        SetFrame(62, 1UL << 16, 0);

        Assert.Equal([(61UL, expected), (62UL, expected)], Find(new FrameRange(61, 2)).Cast<PageUseInfo>().Select(page => (page.Pfn!.Value, page.Use)));
    }

    [Fact]
    public void RangeEndsWithMemory() => Assert.Equal(96, Find(new FrameRange(4000, ulong.MaxValue)).Length);

    [Fact]
    public void FrameWithoutCountIsFoundInMemoryOfDevices()
    {
        _tree.AddProcess(5, Start, PagemapBits.PresentAt(70), PagemapBits.PresentAt(9000));

        Assert.Equal([(5, Start), (5, Start + KernelFile.PageSize)], FindPlaces(70, 9000));
    }

    [Fact]
    public void MissingMappingsAreReported()
    {
        SetFrame(100, Anonymous, 3);
        SetFrame(101, Anonymous, 2);
        SetFrame(102, Anonymous, 1);
        _tree.AddProcess(5, Start, PagemapBits.PresentAt(100), PagemapBits.PresentAt(102));

        PageInfo[] pages = Find(new FrameRange(100, 3));

        Assert.Equal([100UL, 102UL, 101UL], pages.Select(page => page.Pfn!.Value));
        Assert.Equal(PageUse.MappedElsewhere, Assert.IsType<PageUseInfo>(pages[2]).Use);
        Assert.Equal((3, 2, 2, 4), (_summary!.FrameCount, _summary.MappingCount, _summary.IncompleteFrameCount, _summary.MissingMappingCount));
    }

    [Fact]
    public void EntryOfDamagedPageRefersToItsFrame()
    {
        SetFrame(100, Poisoned, 0);

        // Without the kernel's configuration the types from 22 on are not swap areas, and the offset of such an entry is a frame number.
        _tree.AddProcess(5, Start, PagemapBits.Swapped(28, 100), PagemapBits.Swapped(2, 100), PagemapBits.Swapped(28, 101));

        FrameMapping mapping = Assert.IsType<FrameMapping>(Assert.Single(Find(new FrameRange(100, 1))));
        Assert.Equal((5, Start, 100UL), (mapping.ProcessId, mapping.Address, mapping.Pfn!.Value));
        Assert.NotEqual(PageState.Present, mapping.State);
    }

    /// <summary>With CONFIG_NO_PAGE_MAPCOUNT the count of a page of a large folio is the folio's average, so the search does not end by it.</summary>
    [Fact]
    public void AverageCountDoesNotEndTheSearch()
    {
        const string Configuration = "config.gz";
        SetFrame(100, Anonymous | (1UL << 16) | (1UL << 22), 1);
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write("CONFIG_NO_PAGE_MAPCOUNT=y\n"u8);
        }

        // Several threads search, so a search that ends early finds a few more than the count, but not all.
        const int Processes = 200;
        _tree.WriteText("sys/kernel/osrelease", "6.18.0\n").WriteBytes(Configuration, packed.ToArray());
        for (int id = 1; id <= Processes; id++)
        {
            _tree.AddProcess(id, Start * (ulong)id, PagemapBits.PresentAt(100));
        }

        Assert.Equal(Processes, FindPlaces(100).Length);
        File.Delete(_tree.GetPath(Configuration));
        Assert.InRange(FindPlaces(100).Length, 1, Processes - 1);
    }

    [Fact]
    public void ZeroPageIsListedOnlyOnRequest()
    {
        SetFrame(100, 1UL << 24, 0);
        _tree.AddProcess(5, Start, PagemapBits.PresentAt(100), PagemapBits.PresentAt(100));

        Assert.Equal(PageUse.ZeroPage, Assert.IsType<PageUseInfo>(Assert.Single(Find(new FrameRange(100, 1)))).Use);
        Assert.Equal(2, Find(new FrameMappingQuery { IncludeZeroPage = true }, new FrameRange(100, 1)).Length);
    }

    [Fact]
    public void PageOfFileIsFoundAtItsOffset()
    {
        SetFrame(100, FilePage, 2);
        const string Line = "{0:x}-{1:x} r--p {2:x8} 08:01 42                         /lib/x";
        ulong page = KernelFile.PageSize;
        string first = string.Format(System.Globalization.CultureInfo.InvariantCulture, Line, Start, Start + (4 * page), 0);
        string second = string.Format(System.Globalization.CultureInfo.InvariantCulture, Line, 0x90000, 0x90000 + (2 * page), page);
        _tree.AddProcess(5, first).WritePagemap(5, Start, 0, 0, PagemapBits.File | PagemapBits.PresentAt(100), 0)
            .AddProcess(6, second).WritePagemap(6, 0x90000, 0, PagemapBits.File | PagemapBits.PresentAt(100));

        Assert.Equal([(5, Start + (2 * page)), (6, 0x90000 + page)], FindPlaces(100));
    }

    [Fact]
    public void HiddenMappingsAreCountedAndNotReturned()
    {
        SetFrame(100, Anonymous, 2);
        _tree.AddProcess(5, Start, PagemapBits.PresentAt(100)).AddProcess(6, Start, PagemapBits.Exclusive | PagemapBits.PresentAt(100));

        PageInfo[] pages = Find(new FrameMappingQuery { Entries = new EntryFilter { IsExclusive = true } }, new FrameRange(100, 1));

        Assert.Equal(6, Assert.IsType<FrameMapping>(Assert.Single(pages)).ProcessId);
        Assert.Equal(2, _summary!.MappingCount);
    }

    [Fact]
    public void HitsBeyondTheBudgetAreReadAgain()
    {
        SetFrame(100, Anonymous, 1);
        _tree.AddProcess(5, Start, PagemapBits.PresentAt(100), PagemapBits.PresentAt(100), PagemapBits.PresentAt(100));
        using ProcfsContext procfs = new(_tree.Root);
        FrameSet.Builder frames = new();
        frames.Add(100);
        SearchedFrames searched = SearchedFrames.Select(procfs, frames.Build(), includeZeroPage: false, CancellationToken.None);
        HitBudget budget = new(2);
        ProcessSearch search = new(procfs, searched, new EntryFilter(), budget);

        ProcessHits hits = search.Search(5, new MappingCounts([4]), () => false, CancellationToken.None);

        Assert.Equal((SearchExtent.WholeWithoutHits, 0), (hits.Extent, hits.Hits.Count));
        Assert.Equal(3, search.Enumerate(5, CancellationToken.None).Sum(batch => batch.Count));
        Assert.True(budget.TryReserve(2));
    }

    private (int ProcessId, ulong Address)[] FindPlaces(params ReadOnlySpan<ulong> pfns)
    {
        FrameRange[] ranges = new FrameRange[pfns.Length];
        for (int i = 0; i < ranges.Length; i++)
        {
            ranges[i] = new FrameRange(pfns[i], 1);
        }

        return [.. Find(ranges).Cast<FrameMapping>().Select(page => (page.ProcessId, page.Address))];
    }

    private PageInfo[] Find(params FrameRange[] frames) => Find(new FrameMappingQuery(), frames);

    private PageInfo[] Find(FrameMappingQuery query, params FrameRange[] frames)
    {
        using ProcfsContext procfs = new(_tree.Root);
        return [.. procfs.FindMappings(frames, query with { OnCompleted = summary => _summary = summary }, cancellationToken: TestContext.Current.CancellationToken)];
    }

    private void SetFrame(ulong pfn, ulong flags, ulong count) => _tree.WriteEntries("kpageflags", pfn, flags).WriteEntries("kpagecount", pfn, count);
}
