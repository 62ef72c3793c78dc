using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Uss;

/// <summary>Measures one process with one call. For many processes a <see cref="UssMeter"/> is faster, because it caches what processes share.</summary>
public static class UssMeasurement
{
    /// <summary>Measures a process.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="processId">The id of the process.</param>
    /// <param name="method">How the pages that belong to the process alone are found.</param>
    /// <param name="progress">Receives addresses that the walk has reached, on the threads that walk.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">The process does not exist, exits or has no address space, or the caller may not read it.</exception>
    public static ProcessUss MeasureUss(
        this ProcfsContext procfs, int processId, UssMethod method = UssMethod.Auto, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default) =>
        new UssMeter(procfs, method).Measure(processId, progress: progress, cancellationToken: cancellationToken);
}
