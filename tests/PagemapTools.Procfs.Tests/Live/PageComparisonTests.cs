using PagemapTools.Procfs.Comparison;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>Compares each address with entries that this test reads itself from /proc.</summary>
[Collection(MachineSettings.Name)]
[Trait("Tier", "Privileged")]
public sealed class PageComparisonTests
{
    [Theory]
    [InlineData("fork")]
    [InlineData("memfd", "child=1")]
    [InlineData("sysv-shm", "child=1")]
    [InlineData("hugetlb-shared")]
    public void ComparisonsOfAForkEqualABruteForceScan(string kind, params string[] options)
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start(kind, options);
        if (kind == "fork")
        {
            target.Next();
        }

        target.Stop();
        using ProcfsContext procfs = new(new("/proc"));
        TargetRegion region = target.Regions[0];
        PageComparisonQuery query = new() { Walk = new PageWalkOptions { Addresses = [region.Range] } };
        Stable.Until(
            () => CompareByHand(region, target.ProcessId, target.Children[0]),
            expected => Assert.Equal(expected, Format(procfs.ComparePages(target.ProcessId, target.Children[0], query, cancellationToken: TestContext.Current.CancellationToken))));
    }

    [Fact]
    public void AWholeForkedProcessComparesByItsEntries()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("fork", "pages=64").Next().Stop();
        using ProcfsContext procfs = new(new("/proc"));
        int parent = target.ProcessId;
        int child = target.Children[0];
        Stable.Until(
            () => string.Concat(Smaps.ReadMappings(parent).Where(mapping => mapping.Start < 1UL << 63).Select(mapping => CompareByHand(mapping.Start, mapping.End, parent, child))),
            expected => Assert.Equal(expected, Format(procfs.ComparePages(parent, child, cancellationToken: TestContext.Current.CancellationToken))));
    }

    [Fact]
    public void ASwappedPageDiffersFromItselfBefore()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("swapped").Stop();
        using ProcfsContext procfs = new(new("/proc"));
        PageComparisonQuery query = new() { Walk = new PageWalkOptions { Addresses = [target.Region.Range] } };
        ulong[] swapped = target.Region.GetAddresses("swapped");
        ProcessPageInfo[] before = [.. procfs.ReadPages(target.ProcessId, cancellationToken: TestContext.Current.CancellationToken)];
        Assert.All(Compare(), each => Assert.Equal(("==", each.Reference!.SwapOffset), (each.SideIndicator, each.Difference!.SwapOffset)));

        // swapoff brings every page back.
        target.Next().Stop();
        Assert.All(Compare(), each => Assert.Equal(("<>", PageState.Present), (each.SideIndicator, each.Difference!.State)));

        PageComparison[] Compare()
        {
            PageComparison[] found = [.. procfs.ComparePages(before, target.ProcessId, query, cancellationToken: TestContext.Current.CancellationToken).Where(each => swapped.Contains(each.Address))];
            Assert.Equal(swapped.Length, found.Length);
            return found;
        }
    }

    private static string CompareByHand(TargetRegion region, int reference, int difference) => CompareByHand(region.Start, region.End, reference, difference);

    private static string CompareByHand(ulong start, ulong end, int reference, int difference)
    {
        int pages = (int)((end - start) / KernelFile.PageSize);
        ulong[] first = KernelFile.ReadPagemap(reference, start, pages);
        ulong[] second = KernelFile.ReadPagemap(difference, start, pages);
        return string.Concat(Enumerable.Range(0, pages).Select(page => CompareByHand(start + ((ulong)page * KernelFile.PageSize), first[page], second[page])));
    }

    private static string CompareByHand(ulong address, ulong first, ulong second)
    {
        const ulong Held = PagemapBits.Present | PagemapBits.Swap;
        string side = (first & Held, second & Held) switch
        {
            (0, 0) => string.Empty,
            (_, 0) => "<=",
            (0, _) => "=>",
            _ => ((first ^ second) & (Held | PagemapBits.Frame)) == 0 ? "==" : "<>",
        };
        return side.Length == 0 ? side : $"{address:x} {side}\n";
    }

    private static string Format(IEnumerable<PageComparison> comparisons) => string.Concat(comparisons.Select(each => $"{each.Address:x} {each.SideIndicator}\n"));
}
