using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.WorkingSet;

/// <summary>Measures one process with one call. For many processes a <see cref="WorkingSetMeter"/> is faster, because it probes the method once.</summary>
public static class WorkingSetMeasurement
{
    /// <summary>Marks the pages of a process, waits, and measures what it has used.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="processId">The id of the process.</param>
    /// <param name="interval">The time to wait.</param>
    /// <param name="method">How used pages are found.</param>
    /// <param name="cancellationToken">Cancels the measurement, also the wait.</param>
    /// <exception cref="ProcfsException">
    /// The kernel lacks the method, or a probe shows that it gives no true figures; the process does not exist, exits or has no address space,
    /// or the caller may not mark or read its pages.
    /// </exception>
    public static ProcessWorkingSet MeasureWorkingSet(
        this ProcfsContext procfs, int processId, TimeSpan interval, WorkingSetMethod method = WorkingSetMethod.Referenced, CancellationToken cancellationToken = default)
    {
        using WorkingSetMeter meter = new(procfs, method, cancellationToken);
        return meter.Measure(processId, interval, cancellationToken);
    }
}
