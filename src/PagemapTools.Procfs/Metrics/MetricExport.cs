using System.Text;
using PagemapTools.Procfs.Groups;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Metrics;

/// <summary>Writes the memory of all processes, in groups, as a file for the textfile collector of Prometheus' node_exporter.</summary>
public static class MetricExport
{
    /// <summary>Measures all processes and writes the file. It appears whole: it has another name until it is on the disk.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="path">The file; an existing one is replaced. The collector reads files that end in <c>.prom</c>.</param>
    /// <param name="options">Which metrics; null for the memory of each cgroup.</param>
    /// <param name="progress">Receives the number of processes that have been walked.</param>
    /// <param name="cancellationToken">Cancels the measurement; the file then stays as it was.</param>
    /// <returns>Why processes could not be measured, one failure for each process and key.</returns>
    /// <exception cref="ProcfsException">The kernel hides page frame numbers or their map counts from the caller.</exception>
    /// <exception cref="IOException">The file cannot be written; an existing one stays as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The caller may not write the file.</exception>
    public static IReadOnlyList<ProcfsException> ExportMetrics(
        this ProcfsContext procfs, string path, MetricOptions? options = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new MetricOptions();
        GroupUssMeter meter = new(procfs, options.Run);

        // A directory that cannot be written is reported before all processes are measured.
        using ReplacedFile file = new(path);
        List<ProcfsException> failures = [];
        using (StreamWriter writer = new(file.Stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true))
        {
            foreach (ProcessGroupKey key in options.GroupBy.Distinct())
            {
                IReadOnlyList<GroupMeasurement> groups = meter.MeasureGroups(procfs.GroupProcesses(key, processIds: null, options.Run, cancellationToken), progress, cancellationToken);
                ProcfsException[] failed = [.. groups.SelectMany(group => group.Failures)];
                failures.AddRange(failed);

                // A process that ended meanwhile is not missing from the figures.
                int missing = failed.Count(failure => failure.Error is not (ProcfsError.ProcessNotFound or ProcfsError.NoAddressSpace));
                MetricText.Write(writer, key, [.. groups.Select(group => group.Uss).OfType<ProcessGroupUss>()], options.MaxGroupCount, missing);
            }
        }

        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        file.Commit(options.IsWorldReadable ? ReplacedFile.Private | Others : ReplacedFile.Private);
        return failures;
    }
}
