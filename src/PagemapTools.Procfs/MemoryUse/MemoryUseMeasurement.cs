using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.MemoryUse;

/// <summary>Measures what all of memory is used for, in one pass over its page frames.</summary>
public static class MemoryUseMeasurement
{
    /// <summary>Counts the page frames of the machine by what they are used for.</summary>
    /// <param name="procfs">The machine, or a saved copy of its flags.</param>
    /// <param name="filter">The page frames that are counted; null for all.</param>
    /// <param name="progress">Receives the frame number up to which memory has been read, on the threads that read.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>One summary for each use that occurs, in the order of <see cref="PageUse"/>.</returns>
    /// <exception cref="ProcfsException">/proc/kpageflags may not be read.</exception>
    public static IReadOnlyList<KPageKindSummary> MeasureKPageKinds(
        this ProcfsContext procfs, FlagFilter? filter = null, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default)
    {
        UseCounts counts = new FrameSurvey(procfs, SurveyKey.None, filter).Run(progress, cancellationToken).Values.FirstOrDefault() ?? new UseCounts();
        return [.. Enum.GetValues<PageUse>().Where(use => counts[use] > 0).Select(use => new KPageKindSummary(use, counts[use]))];
    }

    /// <summary>Counts the page frames of each NUMA node by what they are used for.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="filter">The page frames that are counted; null for all.</param>
    /// <param name="progress">Receives the frame number up to which memory has been read, on the threads that read.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>One summary for each node with memory, in the order of their numbers; last, one without a number if there are page frames whose node is unknown.</returns>
    /// <exception cref="ProcfsException">/proc/kpageflags may not be read.</exception>
    public static IReadOnlyList<KPageNodeSummary> MeasureKPageNodes(
        this ProcfsContext procfs, FlagFilter? filter = null, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default) =>
        [.. new FrameSurvey(procfs, SurveyKey.Node, filter).Run(progress, cancellationToken)
            .OrderBy(node => node.Key)
            .Select(node => new KPageNodeSummary(node.Key == FrameSurvey.NoKey ? null : (int)node.Key, node.Value))
            .Where(node => node.PageCount > 0)];

    /// <summary>Counts the page frames of the machine that hold something by the memory cgroup that they are charged to.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="cgroups">
    /// The inodes of cgroups: one summary for each, with those below it. Null for a summary of each cgroup with page frames, without those
    /// below it, the largest first.
    /// </param>
    /// <param name="onWarning">Called if paths of cgroups are unknown; null for no call.</param>
    /// <param name="progress">Receives the frame number up to which memory has been read, on the threads that read.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <remarks>The page frames of a cgroup that was removed are charged to the nearest one above it that exists (mm/memcontrol.c, page_cgroup_ino).</remarks>
    /// <exception cref="ProcfsException">/proc/kpageflags or /proc/kpagecgroup may not be read; or <paramref name="cgroups"/> are given, and the hierarchy is too large to find those below.</exception>
    public static IReadOnlyList<KPageCgroupSummary> MeasureKPageCgroups(
        this ProcfsContext procfs, IReadOnlyCollection<ulong>? cgroups = null, Action<ReadWarnings>? onWarning = null, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyDictionary<ulong, UseCounts> counts = new FrameSurvey(procfs, SurveyKey.Cgroup).Run(progress, cancellationToken);
        CgroupSums sums = new(procfs.Cgroups, counts, cancellationToken);
        return cgroups is null ? sums.GetEach(onWarning) : [.. cgroups.Select(sums.GetWithChildren)];
    }
}
