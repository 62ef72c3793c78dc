using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Comparison;

/// <summary>Selects the pages that are compared.</summary>
public sealed record PageComparisonQuery
{
    /// <summary>The mappings and addresses to compare, on both sides.</summary>
    public PageWalkOptions Walk { get; init; } = new();

    /// <summary>Whether pages that are the same on both sides are left out.</summary>
    public bool ExcludeEqual { get; init; }
}

/// <summary>
/// Compares pages at the same addresses: of two processes, or of one process at two moments. The comparison needs page frame numbers
/// (CAP_SYS_ADMIN). It streams, and stores a few batches of each side.
/// </summary>
public static class PageComparing
{
    /// <summary>Compares two processes.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="referenceId">The id of one process.</param>
    /// <param name="differenceId">The id of the other process.</param>
    /// <param name="query">The pages to compare; null for all.</param>
    /// <param name="options">How long a process may hold up its reading; null for the defaults.</param>
    /// <param name="progress">Receives the address up to which the second process has been read, on another thread.</param>
    /// <param name="cancellationToken">Cancels the comparison.</param>
    /// <returns>A comparison for each address that either process holds, in ascending order. If a process exits, its failure follows those before it.</returns>
    /// <exception cref="ProcfsException">A process has exited or may not be read, or the kernel hides page frame numbers.</exception>
    public static IEnumerable<PageComparison> ComparePages(
        this ProcfsContext procfs, int referenceId, int differenceId, PageComparisonQuery? query = null, TargetRunOptions? options = null,
        IProgress<ulong>? progress = null, CancellationToken cancellationToken = default)
    {
        query ??= new PageComparisonQuery();
        ComparisonPlan plan = new(
            referenceId, differenceId, token => Read(procfs, referenceId, query, progress: null, token), token => Read(procfs, differenceId, query, progress, token), query.ExcludeEqual, options);
        return new ComparisonSequence(procfs, plan, cancellationToken);
    }

    /// <summary>Compares pages that were read before with those of a process now.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="reference">The pages, in any order; each address once. They have to be from this process or another one, but from one only.</param>
    /// <param name="differenceId">The id of the process.</param>
    /// <param name="query">The pages to compare; null for all.</param>
    /// <param name="options">How long the process may hold up its reading; null for the defaults.</param>
    /// <param name="progress">Receives the address up to which the process has been read, on another thread.</param>
    /// <param name="cancellationToken">Cancels the comparison.</param>
    /// <returns>A comparison for each address that either has, in ascending order.</returns>
    /// <exception cref="InvalidDataException">The pages are of several processes, or have an address twice.</exception>
    /// <exception cref="ProcfsException">The process has exited or may not be read, or the kernel hides page frame numbers.</exception>
    public static IEnumerable<PageComparison> ComparePages(
        this ProcfsContext procfs, IEnumerable<ProcessPageInfo> reference, int differenceId, PageComparisonQuery? query = null, TargetRunOptions? options = null,
        IProgress<ulong>? progress = null, CancellationToken cancellationToken = default)
    {
        query ??= new PageComparisonQuery();
        IReadOnlyList<ProcessPageInfo> saved = SavedPages.Select(reference, query.Walk);
        ComparisonPlan plan = new(null, differenceId, _ => saved, token => Read(procfs, differenceId, query, progress, token), query.ExcludeEqual, options);
        return new ComparisonSequence(procfs, plan, cancellationToken);
    }

    /// <summary>Joins comparisons that follow one another and are alike into ranges, without regard to page frame numbers.</summary>
    public static IEnumerable<PageComparisonRange> AsRanges(this IEnumerable<PageComparison> comparisons) =>
        comparisons is ComparisonSequence sequence ? sequence.Join() : Join(comparisons);

    private static IEnumerable<ProcessPageInfo> Read(
        ProcfsContext procfs, int processId, PageComparisonQuery query, IProgress<ulong>? progress, CancellationToken cancellationToken) =>
        procfs.ReadPages(processId, new ProcessPageQuery { Walk = query.Walk }, progress, cancellationToken);

    private static IEnumerable<PageComparisonRange> Join(IEnumerable<PageComparison> comparisons)
    {
        ComparisonRangeBuilder builder = new();
        foreach (PageComparison comparison in comparisons)
        {
            PageValues reference = comparison.Reference?.Values ?? default;
            PageValues difference = comparison.Difference?.Values ?? default;
            if (builder.Add(comparison.Side, reference, difference) is { } range)
            {
                yield return range;
            }
        }

        if (builder.Complete() is { } last)
        {
            yield return last;
        }
    }
}
