using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Comparison;

/// <summary>What two processes, or one process at two moments, have at one address.</summary>
public sealed class PageComparison
{
    internal PageComparison(PageSide side, ProcessPageInfo? reference, ProcessPageInfo? difference)
    {
        Side = side;
        Reference = reference;
        Difference = difference;
    }

    /// <summary>The virtual address of the page.</summary>
    public ulong Address => (Reference ?? Difference)!.Address;

    /// <summary>
    /// <c>==</c> if both have the same page frame, or the same place in swap; <c>&lt;&gt;</c> if they have different ones; <c>&lt;=</c> if only
    /// the reference has a page; <c>=&gt;</c> if only the difference has one.
    /// </summary>
    public string SideIndicator => PageSides.GetIndicator(Side);

    /// <summary>The page of the reference; null if it has none.</summary>
    public ProcessPageInfo? Reference { get; }

    /// <summary>The page of the difference; null if it has none.</summary>
    public ProcessPageInfo? Difference { get; }

    internal PageSide Side { get; }
}

/// <summary>A run of pages with consecutive addresses whose comparisons have the same result and whose pages are alike on each side.</summary>
public sealed class PageComparisonRange
{
    private readonly PageSide _side;

    internal PageComparisonRange(PageSide side, ProcessPageRange? reference, ProcessPageRange? difference)
    {
        _side = side;
        Reference = reference;
        Difference = difference;
    }

    /// <summary>The virtual address of the first page.</summary>
    public ulong Address => (Reference ?? Difference)!.Address!.Value;

    /// <summary>The address after the last page.</summary>
    public ulong EndAddress => Address + (ulong)Bytes;

    /// <summary>The number of pages.</summary>
    public long PageCount => (Reference ?? Difference)!.PageCount;

    /// <summary>The size in bytes.</summary>
    public long Bytes => (Reference ?? Difference)!.Bytes;

    /// <inheritdoc cref="PageComparison.SideIndicator"/>
    public string SideIndicator => PageSides.GetIndicator(_side);

    /// <summary>The pages of the reference, joined without regard to page frames; null if it has none.</summary>
    public ProcessPageRange? Reference { get; }

    /// <summary>The pages of the difference, joined without regard to page frames; null if it has none.</summary>
    public ProcessPageRange? Difference { get; }
}
