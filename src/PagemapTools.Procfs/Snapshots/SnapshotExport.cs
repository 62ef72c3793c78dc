using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Snapshots;

/// <summary>Writes a moment of a machine as a dataset that engines can query.</summary>
public static class SnapshotExport
{
    /// <summary>
    /// Writes a snapshot into a dataset, in the directories TABLE/host=NAME/date=YYYY-MM-DD. Files have mode 0600 and get their names when
    /// all of them are on the disk; a snapshot that fails or is cancelled leaves none. Memory does not grow with the machine.
    /// </summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="directory">The dataset. It is created with mode 0700 if it does not exist.</param>
    /// <param name="format">The format of the files.</param>
    /// <param name="options">What the snapshot has; null for the defaults.</param>
    /// <param name="progress">Receives the position, on the calling thread.</param>
    /// <param name="cancellationToken">Cancels the snapshot.</param>
    /// <exception cref="ProcfsException">The files of page frames may not be read, or the processes cannot be listed.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The caller may not write into the directory.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> is cancelled.</exception>
    public static SnapshotResult ExportSnapshot(
        this ProcfsContext procfs,
        string directory,
        ISnapshotFormat format,
        SnapshotOptions? options = null,
        IProgress<SnapshotProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new SnapshotOptions();
        DateTime now = DateTime.UtcNow;
        DateTime time = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
        using SnapshotFiles files = new(Path.GetFullPath(directory), options.HostName ?? Environment.MachineName, time, format);
        return new SnapshotReading(procfs, files, options, progress, cancellationToken).Run();
    }
}
