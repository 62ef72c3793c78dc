using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Groups;

/// <summary>Measures groups of processes with one call.</summary>
public static class GroupUssMeasurement
{
    /// <summary>Measures processes as one: what they use together, what nobody else maps, and what is freed when all of them end.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="processIds">The processes.</param>
    /// <param name="progress">Receives the number of processes that have been walked.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">The kernel hides page frame numbers or their map counts from the caller. The failure of a process is in the result.</exception>
    public static GroupMeasurement MeasureGroupUss(
        this ProcfsContext procfs, IReadOnlyList<int> processIds, IProgress<int>? progress = null, CancellationToken cancellationToken = default) =>
        new GroupUssMeter(procfs).Measure(processIds, name: null, progress, cancellationToken);

    /// <summary>Measures all processes by their name, cgroup or user.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="key">The property that makes a group.</param>
    /// <param name="processIds">The processes; null for all.</param>
    /// <param name="progress">Receives the number of processes that have been walked.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">The kernel hides page frame numbers or their map counts from the caller. The failure of a process is in the result.</exception>
    public static IReadOnlyList<GroupMeasurement> MeasureGroupUss(
        this ProcfsContext procfs, ProcessGroupKey key, IEnumerable<int>? processIds = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default) =>
        new GroupUssMeter(procfs).MeasureGroups(procfs.GroupProcesses(key, processIds, options: null, cancellationToken), progress, cancellationToken);
}
