using System.Collections;
using System.Runtime.ExceptionServices;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Comparison;

/// <summary>The two sides of a comparison, and how they are compared.</summary>
/// <param name="ReferenceId">The process of the reference; null if its pages were read before.</param>
/// <param name="DifferenceId">The process of the difference.</param>
/// <param name="ReadReference">Reads the pages of the reference.</param>
/// <param name="ReadDifference">Reads the pages of the difference.</param>
/// <param name="ExcludeEqual">Whether equal pages are left out.</param>
/// <param name="Options">How long a process may hold up its reading; null for the defaults.</param>
internal sealed record ComparisonPlan(
    int? ReferenceId, int DifferenceId, Func<CancellationToken, IEnumerable<ProcessPageInfo>> ReadReference,
    Func<CancellationToken, IEnumerable<ProcessPageInfo>> ReadDifference, bool ExcludeEqual, TargetRunOptions? Options);

/// <summary>
/// Comparisons that are made while the sequence is enumerated, on a thread that can be left behind. Ranges are made from it without an
/// object for each page.
/// </summary>
internal sealed class ComparisonSequence(ProcfsContext procfs, ComparisonPlan plan, CancellationToken cancellationToken) : IEnumerable<PageComparison>
{
    private readonly CancellationToken _cancellationToken = cancellationToken;

    public IEnumerator<PageComparison> GetEnumerator() => Run(Compare).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Joins the comparisons into ranges. A failure is thrown after the range that it cuts short.</summary>
    public IEnumerable<PageComparisonRange> Join() => Run(Join);

    private IEnumerable<T> Run<T>(Func<CancellationToken, IEnumerable<T>> read)
    {
        HiddenFrames.ThrowIfHidden(procfs);

        // One watch covers both processes. This step names the reference if it is the one that does not answer.
        if (plan.ReferenceId is { } id)
        {
            TargetRun.Read(procfs.Root, id, token => CheckAnswers(id, token), plan.Options, _cancellationToken);
        }

        foreach (T item in TargetRun.ReadSequence(procfs.Root, plan.DifferenceId, read, plan.Options, _cancellationToken))
        {
            yield return item;
        }
    }

    private bool CheckAnswers(int processId, CancellationToken cancellationToken)
    {
        using ProcessAddressSpace process = procfs.OpenTarget(processId, cancellationToken);
        return process.ReadMappings().Any();
    }

    private IEnumerable<PageComparison> Compare(CancellationToken cancellationToken)
    {
        using PageMerge merge = Begin(cancellationToken);
        while (merge.MoveNext())
        {
            if (!plan.ExcludeEqual || merge.Side != PageSide.Same)
            {
                yield return new PageComparison(
                    merge.Side, merge.HasReference ? merge.Reference.GetPage() : null, merge.HasDifference ? merge.Difference.GetPage() : null);
            }
        }
    }

    private IEnumerable<PageComparisonRange> Join(CancellationToken cancellationToken)
    {
        using PageMerge merge = Begin(cancellationToken);
        ComparisonRangeBuilder builder = new();
        ProcfsException? failure;
        while (TryMoveNext(merge, out failure))
        {
            if ((!plan.ExcludeEqual || merge.Side != PageSide.Same)
                && builder.Add(merge.Side, merge.Reference.Values, merge.Difference.Values) is { } range)
            {
                yield return range;
            }
        }

        if (builder.Complete() is { } last)
        {
            yield return last;
        }

        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private PageMerge Begin(CancellationToken cancellationToken) => new(procfs.Root, plan.ReadReference(cancellationToken), plan.ReadDifference(cancellationToken));

    private static bool TryMoveNext(PageMerge merge, out ProcfsException? failure)
    {
        failure = null;
        try
        {
            return merge.MoveNext();
        }
        catch (ProcfsException exception)
        {
            failure = exception;
            return false;
        }
    }
}
