using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Uss;

/// <summary>The unique set size in one call; for many processes one <see cref="UssMeter"/> retains what it has learnt.</summary>
public static class UssMeasurement
{
    /// <summary>Measures a process.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="processId">The process.</param>
    /// <param name="method">How pages of the process alone are found.</param>
    /// <param name="progress">Receives each address that is reached, on the threads that walk.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">The process has exited, has no address space, or may not be read.</exception>
    public static ProcessUss MeasureUss(
        this ProcfsContext procfs, int processId, UssMethod method = UssMethod.Exclusive, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default) =>
        new UssMeter(procfs, method).Measure(processId, progress: progress, cancellationToken: cancellationToken);
}
