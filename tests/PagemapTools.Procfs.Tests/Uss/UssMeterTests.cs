using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Uss;

/// <summary>Measures fake proc trees. The expected figures were calculated by hand.</summary>
[Trait("Tier", "Unit")]
public sealed class UssMeterTests
{
    private const int Id = 7;
    private const ulong Once = 1, Twice = 2, Zero = 3, Thrice = 4;
    private static readonly long s_page = (long)KernelFile.PageSize;

    [Theory]
    [InlineData(UssMethod.Exclusive, 1)]
    [InlineData(UssMethod.Exclusive, 3)]
    [InlineData(UssMethod.MapCount, 1)]
    [InlineData(UssMethod.MapCount, 3)]
    public void BothMethodsCountPagesOnAnyNumberOfThreads(UssMethod method, int threads)
    {
        using FakeProc tree = CreateTree(
            PagemapBits.Present | PagemapBits.Exclusive | Once, PagemapBits.Present | PagemapBits.Exclusive | PagemapBits.File | Once, PagemapBits.Present | Twice,
            PagemapBits.Present | PagemapBits.File | Thrice, PagemapBits.Present | Zero, 0, PagemapBits.Swapped(0, 5), PagemapBits.GuardRegion, PagemapBits.UffdMarker);
        ProcessUss uss = Measure(tree, method, threads);
        Assert.Equal((Id, "made-up", method), (uss.ProcessId, uss.ProcessName, uss.Method));
        Assert.Equal(2 * s_page, uss.Uss);
        Assert.Equal(4 * s_page, uss.Rss);
        Assert.Equal(2 * s_page, uss.Shared);
        Assert.Equal(s_page, uss.Swap);
        Assert.Equal(0, uss.Hugetlb);
        Assert.Equal((2 * s_page) + (s_page / 2) + (s_page / 3), uss.Pss);
    }

    [Fact]
    public void FiguresOfMappingsAddUpToTheProcess()
    {
        using FakeProc tree = CreateTree(PagemapBits.Present | PagemapBits.Exclusive | Once, PagemapBits.Present | Twice, 0, PagemapBits.Swapped(0, 5), 0, 0, 0, 0, PagemapBits.Present | PagemapBits.Exclusive | Once);
        tree.AddProcess(Id, FormatLine(0x10, 0x12, "/first"), FormatLine(0x12, 0x14, "/second"), FormatLine(0x14, 0x19, "/third"));
        UssMeter meter = new(new ProcfsContext(tree.Root), UssMethod.MapCount);
        MappingUss[] mappings = [.. meter.MeasureMappings(Id, mappings: null, TestContext.Current.CancellationToken)];
        Assert.Equal(["/first", "/second", "/third"], mappings.Select(mapping => mapping.Mapping.Path));
        Assert.Equal([s_page, 0L, s_page], mappings.Select(mapping => mapping.Uss!.Value));
        Assert.Equal([s_page * 3 / 2, 0L, s_page], mappings.Select(mapping => mapping.Pss!.Value));
        Assert.Equal([0L, s_page, 0L], mappings.Select(mapping => mapping.Swap!.Value));
        Assert.Equal(Measure(tree, UssMethod.MapCount, 1).Uss, mappings.Sum(mapping => mapping.Uss));
    }

    [Fact]
    public void OnlySelectedMappingsCount()
    {
        using FakeProc tree = CreateTree(PagemapBits.Present | PagemapBits.Exclusive | Once, PagemapBits.Present | PagemapBits.Exclusive | Once, PagemapBits.Present | PagemapBits.Exclusive | Once);
        tree.AddProcess(Id, FormatLine(0x10, 0x11, "/first"), FormatLine(0x11, 0x13, "/second"));
        UssMeter meter = new(new ProcfsContext(tree.Root), UssMethod.Exclusive);
        Assert.Equal(2 * s_page, meter.Measure(Id, mapping => mapping.Path == "/second", 1, cancellationToken: TestContext.Current.CancellationToken).Uss);
        Assert.Equal("/second", Assert.Single(meter.MeasureMappings(Id, mapping => mapping.Path == "/second", TestContext.Current.CancellationToken)).Mapping.Path);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void PssTruncatesEachPageAsSmapsDoes(int threads)
    {
        const int Pages = 3 * 40_000;
        using FakeProc tree = CreateTree().AddProcess(Id, FormatLine(0x10, 0x10 + Pages, "/large"))
            .WritePagemap(Id, 0x10 * (ulong)s_page, [.. Enumerable.Repeat(PagemapBits.Present | PagemapBits.File | Thrice, Pages)]);
        Assert.Equal(Pages * (s_page * 4096 / 3) / 4096, Measure(tree, UssMethod.MapCount, threads).Pss);
    }

    /// <summary>
    /// Migration, hwpoison and device entries are resident, and shared since Linux 6.11 (fs/proc/task_mmu.c, smaps_account). Markers
    /// are not resident.
    /// </summary>
    [Theory]
    [InlineData(UssMethod.Exclusive)]
    [InlineData(UssMethod.MapCount)]
    public void PfnSwapEntriesAreResident(UssMethod method)
    {
        using FakeProc tree = CreateTree(PagemapBits.Present | PagemapBits.Exclusive | Once, PagemapBits.Swapped(29, 0x1234), PagemapBits.Swapped(31, 2), PagemapBits.GuardRegion, PagemapBits.UffdMarker);
        ProcessUss uss = Measure(tree, method, 1);
        long moved = Environment.OSVersion.Version < new Version(6, 11) ? s_page : 0;
        Assert.Equal((2 * s_page, s_page + moved), (uss.Rss!.Value, uss.Uss!.Value));
        Assert.Equal(0, uss.Swap);
        Assert.Equal(2 * s_page, uss.Pss);
    }

    [Theory]
    [InlineData("08:01 5 /dev/zero", 0)]
    [InlineData("00:00 0", 0)]
    [InlineData("08:01 5 /file", 1)]
    public void FilePagesInAnonymousMemoryAreTheHugeZeroPage(string file, int resident)
    {
        using FakeProc tree = CreateTree(PagemapBits.Present | PagemapBits.File | Zero);
        tree.AddProcess(Id, $"{0x10 * s_page:x}-{0x19 * s_page:x} rw-p 00000000 {file}");
        Assert.Equal(resident * s_page, Measure(tree, UssMethod.Exclusive, 1).Rss);
    }

    /// <summary>kpageflags and kpagecount read 0 for a whole section of page frames.</summary>
    [Fact]
    public void FramesThatKpagecountDoesNotCoverAreResident()
    {
        const int Section = 1 << 15;
        using FakeProc tree = CreateTree(PagemapBits.Present | PagemapBits.Exclusive | Section, PagemapBits.Present | (Section + 1), PagemapBits.Present | PagemapBits.Exclusive | Once)
            .WriteEntries("kpageflags", 0, 1).WriteEntries("kpageflags", (2 * Section) - 1, 0).WriteEntries("kpagecount", (2 * Section) - 1, 0);
        ProcessUss exclusive = Measure(tree, UssMethod.Exclusive, 1);
        ProcessUss mapCount = Measure(tree, UssMethod.MapCount, 1);
        Assert.Equal((2 * s_page, 3 * s_page), (exclusive.Uss!.Value, exclusive.Rss!.Value));
        Assert.Equal((2 * s_page, 3 * s_page), (mapCount.Uss!.Value, mapCount.Rss!.Value));
        Assert.Null(mapCount.Pss);
        Assert.Null(exclusive.Pss);
    }

    [Fact]
    public void ExclusivePagesAreKnownWithoutFrameNumbers()
    {
        using FakeProc tree = CreateTree(PagemapBits.Present | PagemapBits.Exclusive, PagemapBits.Present | PagemapBits.File, PagemapBits.Present | PagemapBits.Exclusive | PagemapBits.File);
        ProcessUss uss = Measure(tree, UssMethod.Exclusive, 1);
        Assert.Equal((2 * s_page, 3 * s_page), (uss.Uss!.Value, uss.Rss!.Value));
        Assert.Null(uss.Pss);
    }

    [Fact]
    public void WithoutFrameNumbersTheZeroPageMakesRssUnknown()
    {
        using FakeProc tree = CreateTree(PagemapBits.Present | PagemapBits.Exclusive, PagemapBits.Present);
        ProcessUss uss = Measure(tree, UssMethod.Exclusive, 1);
        Assert.Equal(s_page, uss.Uss);
        Assert.Null(uss.Rss);
        Assert.Null(uss.Shared);
    }

    [Fact]
    public void WithoutFrameNumbersMapCountsGiveNoFigures()
    {
        using FakeProc tree = CreateTree(PagemapBits.Present | PagemapBits.Exclusive);
        ProcessUss uss = Measure(tree, UssMethod.MapCount, 1);
        Assert.Null(uss.Uss);
        Assert.Null(uss.Pss);
        Assert.Null(uss.Rss);
        Assert.Null(uss.Shared);
    }

    [Theory]
    [InlineData("Filename Type Size Used Priority\n/swap file 100 0 -2\n", 0, false)]
    [InlineData("Filename Type Size Used Priority\n", 0, true)]
    [InlineData("Filename Type Size Used Priority\n", 8, false)]
    [InlineData("Filename Type Size Used Priority\nnone virtual 1 0 0\n", 0, false)]
    [InlineData(null, 0, false)]
    public void HiddenSwapTypesMakeSwapUnknownUnlessThereIsNoSwap(string? swaps, int swapKibibytes, bool isKnown)
    {
        using FakeProc tree = CreateTree(PagemapBits.Swap);
        File.Delete(tree.GetPath("swaps"));
        if (swaps is not null)
        {
            tree.WriteText("swaps", swaps);
        }

        tree.WriteText($"{Id}/status", $"VmSwap:\t{swapKibibytes} kB\n");
        Assert.Equal(isKnown ? 0L : null, Measure(tree, UssMethod.Exclusive, 1).Swap);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void AProcessThatExitsGivesAnErrorAndNoFigures(int threads)
    {
        using FakeProc tree = CreateTree().AddProcess(Id, FormatLine(0x10, 0x20, "/first"), FormatLine(0x20, 0x30, "/second")).WritePagemap(Id, 0x10 * (ulong)s_page, new ulong[0x13]);
        File.WriteAllBytes(tree.GetPath("7/pagemap"), new byte[0x23 * 8]);
        Assert.Equal(ProcfsError.ProcessNotFound, Assert.Throws<ProcfsException>(() => Measure(tree, UssMethod.Exclusive, threads)).Error);
    }

    [Fact]
    public void MapCountNeedsKpagecount()
    {
        using FakeProc tree = new FakeProc().AddProcess(Id);
        Assert.Equal(ProcfsError.KPageNotAvailable, Assert.Throws<ProcfsException>(() => new UssMeter(new ProcfsContext(tree.Root), UssMethod.MapCount)).Error);
        UssMeter exclusive = new(new ProcfsContext(tree.Root), UssMethod.Exclusive);
        Assert.Equal(UssMethod.Exclusive, exclusive.Method);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void MeasuringCanBeCancelled(int threads)
    {
        using FakeProc tree = CreateTree(PagemapBits.Present | PagemapBits.Exclusive | Once);
        UssMeter meter = new(new ProcfsContext(tree.Root), UssMethod.Exclusive);
        Assert.ThrowsAny<OperationCanceledException>(() => meter.Measure(Id, null, threads, cancellationToken: new CancellationToken(canceled: true)));
    }

    /// <summary>One mapping of nine pages.</summary>
    private static FakeProc CreateTree(params ReadOnlySpan<ulong> entries) =>
        new FakeProc().WriteEntries("kpagecount", 0, 0, 1, 2, 0, 3)
            .WriteText("swaps", "Filename Type Size Used Priority\n/swap file 100 0 -2\n")
            .AddProcess(Id, FormatLine(0x10, 0x19, "/mapped"))
            .WritePagemap(Id, 0x10 * (ulong)s_page, [.. entries, .. new ulong[9 - entries.Length]]);

    private static string FormatLine(int first, int end, string name) => $"{first * s_page:x}-{end * s_page:x} rw-p 00000000 08:01 5 {name}";

    private static ProcessUss Measure(FakeProc tree, UssMethod method, int threads)
    {
        UssMeter meter = new(new ProcfsContext(tree.Root), method);
        return meter.Measure(Id, mappings: null, threads, cancellationToken: TestContext.Current.CancellationToken);
    }
}
