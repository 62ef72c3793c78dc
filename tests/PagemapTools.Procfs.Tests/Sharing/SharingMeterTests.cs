using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Sharing;

namespace PagemapTools.Procfs.Tests.Sharing;

/// <summary>Measures fake proc trees. The expected figures were calculated by hand.</summary>
[Trait("Tier", "Unit")]
public sealed class SharingMeterTests
{
    private const ulong Start = 0x10_0000;
    private static readonly long s_page = (long)KernelFile.PageSize;

    [Fact]
    public void EachPairCountsTheFramesThatBothMap()
    {
        using FakeProc tree = CreateTree().AddProcess(3, Start, At(1), At(2), At(4)).AddProcess(5, Start, At(2), At(4), At(5)).AddProcess(7, Start, At(4), At(6));
        Assert.Equal(["3-5 2", "3-7 1", "5-7 1"], Measure(tree, 3, 5, 7));
    }

    [Fact]
    public void AFrameCountsOnceHoweverOftenAProcessMapsIt()
    {
        using FakeProc tree = CreateTree().AddProcess(3, Start, At(4), At(4), At(4)).AddProcess(5, Start, At(4), At(4));
        Assert.Equal(["3-5 1"], Measure(tree, 5, 3, 3));
    }

    [Fact]
    public void TheZeroPageAndPagesInSwapAreNotShared()
    {
        using FakeProc tree = CreateTree().AddProcess(3, Start, At(0x10), PagemapBits.Swapped(0, 5), At(1)).AddProcess(5, Start, At(0x10), PagemapBits.Swapped(0, 5), At(1));
        Assert.Equal(["3-5 1"], Measure(tree, 3, 5));
    }

    [Fact]
    public void AProcessThatExitsHalfWayIsInNoPair()
    {
        using FakeProc tree = CreateTree().AddProcess(3, Start, At(1), At(2)).AddProcess(5, Start, At(1), At(2)).AddProcess(7, Start, At(1), At(2));
        File.WriteAllBytes(tree.GetPath("5/pagemap"), File.ReadAllBytes(tree.GetPath("5/pagemap"))[..^sizeof(ulong)]);
        tree.AddProcess(5, $"{Start:x}-{Start + (ulong)s_page:x} rw-p 00000000 00:00 0", $"{Start + (ulong)s_page:x}-{Start + (ulong)(2 * s_page):x} rw-p 00000000 00:00 0");
        SharingMeasurement measurement = MeasureAll(tree, 3, 5, 7);
        Assert.Equal((5, ProcfsError.ProcessNotFound), (measurement.Failures.Single().ProcessId!.Value, measurement.Failures.Single().Error));
        Assert.Equal(["3-7 2"], measurement.EnumeratePairs().Select(Format));
    }

    [Fact]
    public void PairsBelowTheMinimumAreLeftOut()
    {
        using FakeProc tree = CreateTree().AddProcess(3, Start, At(1), At(2)).AddProcess(5, Start, At(1), At(2)).AddProcess(7, Start, At(1));
        SharingMeasurement measurement = MeasureAll(tree, 3, 5, 7);
        Assert.Equal(["3-5 2"], measurement.EnumeratePairs(s_page + 1).Select(Format));
        Assert.Equal(3, measurement.EnumeratePairs(s_page).Count());
    }

    [Fact]
    public void ALaterMeasurementHasTheChanges()
    {
        using FakeProc tree = CreateTree().AddProcess(3, Start, At(1), At(2), At(4)).AddProcess(5, Start, At(1), At(2), At(4)).AddProcess(7, Start, At(9));
        SharingMeasurement before = MeasureAll(tree, 3, 5);
        Assert.Null(Assert.Single(before.EnumeratePairs()).AnonymousDelta);
        tree.WritePagemap(5, Start, At(1), At(6), At(7));
        ProcessSharing[] after = [.. MeasureAll(tree, 3, 5, 7).EnumeratePairs(before: before)];
        Assert.Equal((-2 * s_page, -2 * s_page, 0L), (after[0].SharedDelta!.Value, after[0].AnonymousDelta!.Value, after[0].FileDelta!.Value));
        Assert.All(after[1..], pair => Assert.Null(pair.SharedDelta));
        Assert.True(after[0].Timestamp >= before.Timestamp);
    }

    [Fact]
    public void HiddenFramesAreAFailureThatNamesTheCapability()
    {
        using FakeProc tree = CreateTree().AddProcess(3, Start, At(0)).AddProcess(5, Start, At(0));
        ProcfsException failure = Assert.Throws<ProcfsException>(() => MeasureAll(tree, 3, 5));
        Assert.Equal(ProcfsError.PageFramesHidden, failure.Error);
        Assert.Contains("CAP_SYS_ADMIN", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MeasuringCanBeCancelled()
    {
        using FakeProc tree = CreateTree().AddProcess(3, Start, At(1));
        using ProcfsContext procfs = new(tree.Root);
        Assert.ThrowsAny<OperationCanceledException>(() => new SharingMeter(procfs).Measure([3], cancellationToken: new CancellationToken(canceled: true)));
    }

    private static FakeProc CreateTree() => new FakeProc().WriteEntries("kpagecount", 0, [0, .. Enumerable.Repeat(2UL, 15), .. new ulong[32]])
        .WriteEntries("kpageflags", 0, [.. Enumerable.Repeat(1UL, 48)]);

    private static ulong At(ulong pfn) => PagemapBits.PresentAt(pfn);

    private static SharingMeasurement MeasureAll(FakeProc tree, params int[] ids)
    {
        using ProcfsContext procfs = new(tree.Root);
        return new SharingMeter(procfs).Measure(ids, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static IEnumerable<string> Measure(FakeProc tree, params int[] ids)
    {
        SharingMeasurement measurement = MeasureAll(tree, ids);
        Assert.Empty(measurement.Failures);
        return measurement.EnumeratePairs().Select(Format);
    }

    private static string Format(ProcessSharing pair) => $"{pair.ProcessId}-{pair.OtherProcessId} {pair.Shared / s_page}";
}
