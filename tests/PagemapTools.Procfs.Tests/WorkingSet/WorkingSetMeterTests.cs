using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.WorkingSet;

namespace PagemapTools.Procfs.Tests.WorkingSet;

/// <summary>Measures a process of a fake proc tree with an idle bitmap in a file.</summary>
[Trait("Tier", "Unit")]
public sealed class WorkingSetMeterTests : IDisposable
{
    private const int Id = 7;
    private const ulong Address = 0x1000000;
    private const ulong Lru = (ulong)KPageFlags.LRU;
    private const ulong Head = (ulong)(KPageFlags.LRU | KPageFlags.COMPOUND_HEAD | KPageFlags.THP);
    private const ulong Tail = (ulong)(KPageFlags.COMPOUND_TAIL | KPageFlags.THP);

    private static readonly long s_page = (long)KernelFile.PageSize;

    private readonly FakeProc _tree = new FakeProc().WriteEntries("bitmap", 0, new ulong[64]);

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void OnlyPageFramesOfTheProcessAreMarkedIdle()
    {
        Map(new() { [3] = Lru, [4] = Lru, [70] = Lru, [300] = Lru, [301] = Lru }, 300, 4, 3, 70);
        using WorkingSetMeter meter = Create();
        meter.Begin(Id, TestContext.Current.CancellationToken);
        Assert.Equal([(0, 0b11000UL), (1, 1UL << 6), (4, 1UL << 44)], ReadBitmap());
    }

    [Fact]
    public void PagesWhoseIdleBitIsGoneWereUsed()
    {
        Map(new() { [3] = Lru, [4] = Lru, [70] = Lru }, 3, 4, 70);
        using WorkingSetMeter meter = Create();
        WorkingSetInterval interval = meter.Begin(Id, TestContext.Current.CancellationToken);
        Use(4);
        ProcessWorkingSet used = meter.Measure(interval, TestContext.Current.CancellationToken);
        Assert.Equal((s_page, null, 20 * s_page), (used.Referenced, used.Written, used.Rss));
        Assert.Equal(5.0, used.Percent!.Value, precision: 6);
        Assert.Equal(WorkingSetMethod.Idle, used.Method);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Lru)] // since 6.10
    public void ALargeFolioIsUsedAsAWhole(ulong flagsFromHead)
    {
        ulong tail = Tail | flagsFromHead;
        Map(new() { [4] = Head, [5] = tail, [6] = tail, [7] = tail, [8] = Head, [9] = tail }, 4, 5, 6, 7, 9);
        using WorkingSetMeter meter = Create();
        WorkingSetInterval interval = meter.Begin(Id, TestContext.Current.CancellationToken);
        Assert.Equal([(0, (1UL << 4) | (1UL << 8))], ReadBitmap());
        Use(4);
        Assert.Equal(4 * s_page, meter.Measure(interval, TestContext.Current.CancellationToken).Referenced);
    }

    [Fact]
    public void PagesThatTheKernelDoesNotTrackAreNeitherMarkedNorCounted()
    {
        Map(new() { [3] = 0, [4] = (ulong)KPageFlags.ZERO_PAGE, [5] = Head | (ulong)KPageFlags.HUGE, [6] = Lru, [8] = Head & ~Lru, [9] = Tail }, 3, 4, 5, 6, 9);
        using WorkingSetMeter meter = Create();
        WorkingSetInterval interval = meter.Begin(Id, TestContext.Current.CancellationToken);
        Assert.Equal([(0, 1UL << 6)], ReadBitmap());
        Assert.Equal(0, meter.Measure(interval, TestContext.Current.CancellationToken).Referenced);
    }

    [Fact]
    public void APageThatCameInTheIntervalWasUsed()
    {
        Map(new() { [3] = Lru, [4] = Lru }, 3, 0);
        using WorkingSetMeter meter = Create();
        WorkingSetInterval interval = meter.Begin(Id, TestContext.Current.CancellationToken);
        Map(new() { [3] = Lru, [4] = Lru }, 3, 4);
        MappingWorkingSet used = Assert.Single(meter.MeasureMappings(interval, TestContext.Current.CancellationToken));
        Assert.Equal((Address, s_page, 5 * s_page), (used.Mapping.Start, used.Referenced, used.Rss));
    }

    [Fact]
    public void AnotherProcessWithTheSameIdIsAnError()
    {
        Map(new() { [3] = Lru }, 3);
        using WorkingSetMeter meter = Create();
        WorkingSetInterval interval = meter.Begin(Id, TestContext.Current.CancellationToken);
        _tree.WriteText($"{Id}/stat", $"{Id} (made-up) S 1 1 1 0 -1 0{string.Concat(Enumerable.Repeat(" 0", 12))} 99{string.Concat(Enumerable.Repeat(" 0", 30))}\n");
        Assert.Equal(ProcfsError.ProcessNotFound, Assert.Throws<ProcfsException>(() => meter.Measure(interval, TestContext.Current.CancellationToken)).Error);
    }

    [Fact]
    public void WithoutABitmapTheErrorNamesTheOption()
    {
        _tree.WriteEntries("kpageflags", 0, 0);
        using ProcfsContext procfs = new(_tree.Root);
        ProcfsException failure = Assert.Throws<ProcfsException>(() => new WorkingSetMeter(procfs, WorkingSetMethod.Idle, _tree.GetPath("missing"), probe: null));
        Assert.Equal(ProcfsError.WorkingSetMethodNotSupported, failure.Error);
        Assert.Contains("CONFIG_IDLE_PAGE_TRACKING", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.4)]
    public void BitsThatAccessesDoNotSetAgainAreAnErrorAndNoFigure(double seen)
    {
        using ProcfsContext procfs = new(_tree.Root);
        ProcfsException failure = Assert.Throws<ProcfsException>(() => new WorkingSetMeter(procfs, WorkingSetMethod.Referenced, _tree.GetPath("bitmap"), () => seen));
        Assert.Equal(ProcfsError.WorkingSetMethodNotSupported, failure.Error);
        Assert.Contains($"{100 * seen:f0} %", failure.Message, StringComparison.Ordinal);
        Assert.Contains("shadow page tables", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(null)]
    public void AProbeThatSeesTheBitsOrCannotBeMadeIsNoError(double? seen)
    {
        using ProcfsContext procfs = new(_tree.Root);
        using WorkingSetMeter meter = new(procfs, WorkingSetMethod.Referenced, _tree.GetPath("bitmap"), () => seen);
        Assert.Equal(WorkingSetMethod.Referenced, meter.Method);
    }

    [Fact]
    public void NothingIsWrittenInASavedTree()
    {
        Map(new() { [3] = Lru }, 3);
        _tree.WriteText($"{Id}/clear_refs", string.Empty);
        using ProcfsContext procfs = new(_tree.Root);
        using WorkingSetMeter meter = new(procfs, WorkingSetMethod.Referenced, _tree.GetPath("bitmap"), probe: null);
        Assert.Contains("is not written", Assert.Throws<ProcfsException>(() => meter.Begin(Id, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Equal(string.Empty, File.ReadAllText(_tree.GetPath($"{Id}/clear_refs")));
    }

    [Fact]
    public void SamplesHaveTheChangeSinceTheOneBefore()
    {
        Map(new() { [3] = Lru, [4] = Lru }, 3, 4);
        using WorkingSetMeter meter = Create();
        WorkingSetSampler sampler = new();
        List<long?> changes = [];
        foreach (ulong[] uses in (ulong[][])[[3], [3, 4]])
        {
            WorkingSetInterval interval = meter.Begin(Id, TestContext.Current.CancellationToken);
            Array.ForEach(uses, Use);
            sampler.BeginSample(DateTime.Now);
            changes.Add(sampler.Add(meter.Measure(interval, TestContext.Current.CancellationToken)).ReferencedDelta);
        }

        Assert.Equal([null, s_page], changes);
    }

    private WorkingSetMeter Create() => new(new ProcfsContext(_tree.Root), WorkingSetMethod.Idle, _tree.GetPath("bitmap"), probe: null);

    private void Map(Dictionary<ulong, ulong> flags, params ulong[] pfns)
    {
        string line = $"{Address:x}-{Address + ((ulong)pfns.Length * KernelFile.PageSize):x} rw-p 00000000 00:00 0 ";
        string figures = $"{line}\nRss: {5 * s_page / 1024} kB\nReferenced: 0 kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: 0 kB\n";
        _tree.AddProcess(Id, line)
            .WritePagemap(Id, Address, [.. pfns.Select(pfn => pfn == 0 ? 0 : PagemapBits.Present | pfn)])
            .WriteText($"{Id}/smaps_rollup", $"{line}\nRss: {20 * s_page / 1024} kB\nReferenced: 0 kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: 0 kB\n")
            .WriteText($"{Id}/smaps", figures);
        foreach ((ulong pfn, ulong word) in flags)
        {
            _tree.WriteEntries("kpageflags", pfn, word);
        }
    }

    // What the kernel does with the bit of a page that was used.
    private void Use(ulong pfn)
    {
        ulong word = KernelFile.ReadWords(_tree.GetPath("bitmap"), pfn / 64, 1)[0];
        _tree.WriteEntries("bitmap", pfn / 64, word & ~(1UL << (int)(pfn % 64)));
    }

    private (int Index, ulong Word)[] ReadBitmap() =>
        [.. KernelFile.ReadWords(_tree.GetPath("bitmap"), 0, 64).Select((word, index) => (index, word)).Where(item => item.word != 0)];
}
