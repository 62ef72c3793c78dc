using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.MemoryUse;
using PagemapTools.Procfs.Sharing;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Procfs.Reports;

/// <summary>Writes a picture of the machine's memory and of its processes as one HTML file, which works without a network.</summary>
public static class PageReportExport
{
    /// <summary>Measures processes and page frames, and writes the file. It appears whole: it has another name until it is on the disk.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="options">What the report shows; null for all processes without page frame numbers.</param>
    /// <param name="progress">Receives the number of processes that have been measured.</param>
    /// <param name="cancellationToken">Cancels the measurement; the file then stays as it was.</param>
    /// <returns>What is not in the report.</returns>
    /// <remarks>
    /// A caller who may not see page frames gets a report without the map, the bars and the sharing matrix, which says why. The memory that
    /// a report takes is that of <see cref="SharingMeter"/>, and 16 bytes for each run of the map.
    /// </remarks>
    /// <exception cref="IOException">The file cannot be written; an existing one stays as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The caller may not write the file.</exception>
    public static PageReportResult ExportPageReport(
        this ProcfsContext procfs, string path, PageReportOptions? options = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new PageReportOptions();
        using ReportFile file = new(path);
        DateTimeOffset time = DateTimeOffset.Now;
        int[] ids = [.. (options.ProcessIds ?? procfs.Root.GetProcessIds()).Distinct().Order()];
        ProcessReader reader = new(procfs, options.Run);
        IReadOnlyList<ReportedProcess> processes = reader.Read(ids, progress, cancellationToken);
        Dictionary<int, int> indices = processes.Select((process, index) => (process.Id, index)).ToDictionary(process => process.Id, process => process.index);

        List<string> notes = [];
        SharedFrames? owners = null;
        SharingMeasurement? measurement = Try(
            notes, "The sharing matrix is", () => new SharingMeter(procfs).Measure(indices.Keys, options.Run, progress: null, out owners, cancellationToken));
        ReportedSharing? sharing = measurement is null ? null : SharingSelection.Select(measurement, indices);
        FrameMap? map = null;
        ReportedMemory? memory = Try(notes, "The map and the bars of physical memory are", () =>
        {
            FrameMapBuilder frames = new(owners);
            map = frames.Build(new FrameRunReader(procfs, includeMapCounts: false).Read(cancellationToken));
            IReadOnlyList<KPageCgroupSummary> cgroups = new CgroupSums(procfs.Cgroups, frames.Counts, cancellationToken).GetEach(onWarning: null);
            return new MemoryDescription(frames, map, cgroups, cgroup => GetName(cgroup, procfs.Cgroups.Root)).Describe(owners, options.IncludeFrames);
        });

        AddressSpaceReader spaceReader = new(procfs, options.Run);
        IReadOnlyList<ReportedSpace> spaces = spaceReader.Read(processes, knowsFolios: owners is not null && memory is not null, cancellationToken);
        ReportData data = new(
            VisibleText.Escape(Environment.MachineName), VisibleText.Escape(procfs.KernelRelease.Text), ReportFile.FormatTime(time), SnapshotSeconds: null,
            (long)PageGeometry.PageSize, options.IncludeFrames, options.ProcessIds is not null, notes, reader.Names, processes, memory, sharing, spaces);
        file.Write(data, map, options.IsWorldReadable);

        // A process is read three times. The first failure says why something of it is missing.
        ProcfsException[] failures = [.. reader.Failures.Concat(measurement?.Failures ?? []).Concat(spaceReader.Failures).DistinctBy(failure => failure.ProcessId)];
        return new PageReportResult(failures, notes) { ProcessCount = processes.Count };
    }

    // The path below the hierarchy, as /proc/PID/cgroup has it.
    private static string GetName(KPageCgroupSummary cgroup, string? root) =>
        cgroup.CgroupPath is not { } path ? $"removed or hidden cgroup {cgroup.CgroupInode}" : path == root ? "/" : path[(root?.Length ?? 0)..];

    private static T? Try<T>(List<string> notes, string what, Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (ProcfsException failure) when (failure.ProcessId is null)
        {
            notes.Add($"{what} left out. {failure.Message}");
            return null;
        }
    }
}
