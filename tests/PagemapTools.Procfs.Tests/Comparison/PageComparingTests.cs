using PagemapTools.Procfs.Comparison;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Comparison;

/// <summary>Compares processes of fake proc trees. The expected results were found by hand.</summary>
[Trait("Tier", "Unit")]
public sealed class PageComparingTests
{
    private const ulong Start = 0x10_0000;
    private static readonly ulong s_page = KernelFile.PageSize;

    [Fact]
    public void EachAddressThatEitherHoldsHasItsSide()
    {
        using FakeProc tree = CreateTree([At(1), At(2), At(3), 0, 0], [At(1), At(9), 0, At(4), 0]);
        Assert.Equal(["0 == 1 1", "1 <> 2 9", "2 <= 3 -", "3 => - 4"], Compare(tree).Select(Format));
        Assert.Equal(["1 <> 2 9", "2 <= 3 -", "3 => - 4"], Compare(tree, new PageComparisonQuery { ExcludeEqual = true }).Select(Format));
    }

    [Fact]
    public void SwappedPagesAreComparedByTheirPlace()
    {
        using FakeProc tree = CreateTree(
            [PagemapBits.Swapped(0, 5), PagemapBits.Swapped(0, 5), PagemapBits.Swapped(0, 5), PagemapBits.Swapped(0, 5)],
            [PagemapBits.Swapped(0, 5), PagemapBits.Swapped(0, 6), PagemapBits.Swapped(1, 5), At(5)]);
        Assert.Equal(["==", "<>", "<>", "<>"], Compare(tree).Select(each => each.SideIndicator));
    }

    [Fact]
    public void MarkersOfTheSameKindAreEqual()
    {
        using FakeProc tree = CreateTree(
            [PagemapBits.GuardRegion, PagemapBits.GuardRegion, PagemapBits.UffdMarker], [PagemapBits.GuardRegion, PagemapBits.UffdMarker, PagemapBits.UffdMarker]);
        Assert.Equal(["==", "<>", "=="], Compare(tree).Select(each => each.SideIndicator));
    }

    [Fact]
    public void DifferencesOfTheOtherBitsAreNoDifferenceOfThePage()
    {
        using FakeProc tree = CreateTree([At(1) | PagemapBits.Exclusive], [At(1) | PagemapBits.SoftDirty]);
        Assert.Equal("==", Assert.Single(Compare(tree)).SideIndicator);
    }

    [Theory]
    [InlineData(PagemapBits.Present)]
    [InlineData(PagemapBits.Swap)]
    public void HiddenFramesNeverLookEqual(ulong hidden)
    {
        using FakeProc tree = CreateTree([At(1), hidden], [At(1), hidden]);
        List<string> seen = [];
        ProcfsException failure = Assert.Throws<ProcfsException>(() => seen.AddRange(Compare(tree).Select(Format)));
        Assert.Equal(ProcfsError.PageFramesHidden, failure.Error);
        Assert.Contains("CAP_SYS_ADMIN", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OneProcessIsComparedWithItsPagesBefore()
    {
        using FakeProc tree = CreateTree([At(1), At(2), At(3), At(4)], []);
        using ProcfsContext procfs = new(tree.Root);
        ProcessPageInfo[] before = [.. procfs.ReadPages(3, cancellationToken: TestContext.Current.CancellationToken)];
        tree.WritePagemap(3, Start, At(1), At(7), PagemapBits.Swapped(0, 9), 0);
        IEnumerable<PageComparison> comparisons = procfs.ComparePages(before.Reverse(), 3, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["0 == 1 1", "1 <> 2 7", "2 <> 3 Swapped", "3 <= 4 -"], comparisons.Select(Format));
    }

    [Fact]
    public void SavedPagesOutsideTheSelectionAreLeftOut()
    {
        using FakeProc tree = CreateTree([At(1), At(2), At(3)], []);
        using ProcfsContext procfs = new(tree.Root);
        ProcessPageInfo[] before = [.. procfs.ReadPages(3, cancellationToken: TestContext.Current.CancellationToken)];
        PageComparisonQuery query = new() { Walk = new PageWalkOptions { Addresses = [new AddressRange(Start + s_page)] } };
        Assert.Equal(["1 == 2 2"], procfs.ComparePages(before, 3, query, cancellationToken: TestContext.Current.CancellationToken).Select(Format));
        query = new() { Walk = new PageWalkOptions { Mappings = mapping => mapping.Path == "/other" } };
        Assert.Empty(procfs.ComparePages(before, 3, query, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void SavedPagesOfTwoProcessesOrTwoMomentsAreRefused()
    {
        using FakeProc tree = CreateTree([At(1)], [At(1)]);
        using ProcfsContext procfs = new(tree.Root);
        ProcessPageInfo[] first = [.. procfs.ReadPages(3, cancellationToken: TestContext.Current.CancellationToken)];
        ProcessPageInfo[] second = [.. procfs.ReadPages(5, cancellationToken: TestContext.Current.CancellationToken)];
        Assert.Throws<InvalidDataException>(() => procfs.ComparePages([.. first, .. second], 3, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Throws<InvalidDataException>(() => procfs.ComparePages([.. first, .. first], 3, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void RangesJoinPagesThatAreAlikeOnBothSides()
    {
        using FakeProc tree = CreateTree([At(1), At(5), At(3), At(8), PagemapBits.Swapped(0, 5), At(6)], [At(1), At(5), At(4), At(9), PagemapBits.Swapped(0, 6), 0]);
        string[] expected = ["0 2 == Present Present", "2 2 <> Present Present", "4 1 <> Swapped Swapped", "5 1 <= Present "];
        Assert.Equal(expected, Compare(tree).AsRanges().Select(Format));
        Assert.Equal(expected, Compare(tree).ToArray().AsRanges().Select(Format));
        Assert.Equal(expected[1..], Compare(tree, new PageComparisonQuery { ExcludeEqual = true }).AsRanges().Select(Format));

        static string Format(PageComparisonRange range) =>
            $"{(range.Address - Start) / s_page} {range.PageCount} {range.SideIndicator} {range.Reference?.State} {range.Difference?.State}";
    }

    [Fact]
    public void AProcessThatExitsEndsTheComparisonWithItsFailure()
    {
        using FakeProc tree = CreateTree([At(1), At(2)], [At(1), At(2)]);
        tree.AddProcess(5, $"{Start:x}-{Start + (2 * s_page):x} rw-p 00000000 00:00 0", $"{Start + (2 * s_page):x}-{Start + (4 * s_page):x} rw-p 00000000 00:00 0");
        List<string> seen = [];
        Assert.Equal(5, Assert.Throws<ProcfsException>(() => seen.AddRange(Compare(tree).Select(Format))).ProcessId);
        List<PageComparisonRange> ranges = [];
        Assert.Throws<ProcfsException>(() => ranges.AddRange(Compare(tree).AsRanges()));
    }

    private static FakeProc CreateTree(ulong[] reference, ulong[] difference)
    {
        FakeProc tree = new FakeProc().AddProcess(3, Start, reference);
        return difference.Length == 0 ? tree : tree.AddProcess(5, Start, difference);
    }

    private static ulong At(ulong pfn) => PagemapBits.PresentAt(pfn);

    private static IEnumerable<PageComparison> Compare(FakeProc tree, PageComparisonQuery? query = null) =>
        new ProcfsContext(tree.Root).ComparePages(3, 5, query, cancellationToken: TestContext.Current.CancellationToken);

    private static string Format(PageComparison comparison) =>
        $"{(comparison.Address - Start) / s_page} {comparison.SideIndicator} {Format(comparison.Reference)} {Format(comparison.Difference)}";

    private static string Format(ProcessPageInfo? page) => page is null ? "-" : page.Pfn?.ToString() ?? page.State.ToString();
}
