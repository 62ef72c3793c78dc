using PagemapTools.Procfs.MemoryUse;
using PagemapTools.Procfs.Sharing;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Procfs.Reports;

/// <summary>Writes a report of a snapshot instead of the machine.</summary>
public static class SnapshotReportExport
{
    /// <summary>Reads a snapshot and writes the file. It appears whole: it has another name until it is on the disk.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="options">What the report shows; null for all processes without page frame numbers.</param>
    /// <param name="cancellationToken">Cancels the reading; the file then stays as it was.</param>
    /// <returns>What is not in the report: the report does not show what the snapshot does not have.</returns>
    /// <remarks>
    /// Figures of processes are those of the table processes. The parts of a process are those of its page table entries: Shared of a mapping
    /// includes the zero page, if the snapshot has no page frame numbers, and Swap of a mapping includes no shared memory.
    /// </remarks>
    /// <exception cref="ProcfsException">The snapshot cannot be read.</exception>
    /// <exception cref="IOException">The file cannot be written; an existing one stays as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The caller may not write the file.</exception>
    public static PageReportResult ExportPageReport(
        this PageSnapshot snapshot, string path, PageReportOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new PageReportOptions();
        using ReportFile file = new(path);
        List<string> notes = [];
        SnapshotProcesses processes = new(snapshot, notes);
        processes.Read(options.ProcessIds, cancellationToken);

        FrameMap? map = null;
        ReportedMemory? memory = null;
        ReportedSharing? sharing = null;
        if (snapshot.Tables.HasFlag(SnapshotTables.Frames))
        {
            SnapshotSharing pairs = new(processes);
            FrameMapBuilder frames = new(processes.Owners);
            map = frames.Build(snapshot.ReadFrames(cancellationToken), pairs.Add);
            sharing = pairs.Select(snapshot.Time, cancellationToken);
            memory = DescribeMemory(snapshot, frames, map, notes, cancellationToken).Describe(processes.Owners, options.IncludeFrames);
        }
        else
        {
            notes.Add("The map and the bars of physical memory are left out. The snapshot has no table frames.");
        }

        if (sharing is null)
        {
            notes.Add($"The sharing matrix is left out, and who maps a page frame is unknown. {(memory is null ? "The snapshot has no table frames." : "The snapshot has no page frame numbers of processes: Export-PageSnapshot -IncludePfn writes them.")}");
        }

        SnapshotSummary summary = snapshot.Summary;
        if (summary.FailureCount > 0)
        {
            notes.Add($"{summary.FailureCount} of {summary.ProcessCount} processes are missing or are there in part: the snapshot could not read them.");
        }

        ReportData data = new(
            VisibleText.Escape(snapshot.HostName), VisibleText.Escape(summary.KernelRelease), ReportFile.FormatTime(new DateTimeOffset(snapshot.Time)), summary.Duration.TotalSeconds,
            (long)PageGeometry.PageSize, options.IncludeFrames, options.ProcessIds is not null, notes, processes.Names, processes.Items, memory, sharing, processes.ReadSpaces(cancellationToken));
        file.Write(data, map, options.IsWorldReadable);
        return new PageReportResult(processes.Failures, notes) { ProcessCount = processes.Items.Count };
    }

    private static MemoryDescription DescribeMemory(PageSnapshot snapshot, FrameMapBuilder frames, FrameMap map, List<string> notes, CancellationToken cancellationToken)
    {
        bool hasPaths = snapshot.Tables.HasFlag(SnapshotTables.Cgroups);
        if (frames.HasCgroups && !hasPaths)
        {
            notes.Add("Cgroups have numbers instead of names. The snapshot has no table cgroups.");
        }

        Dictionary<ulong, string?> paths = snapshot.ReadCgroups(cancellationToken).ToDictionary(cgroup => cgroup.Inode, cgroup => cgroup.Path);
        KPageCgroupSummary[] cgroups =
        [
            .. frames.Counts.Where(cgroup => cgroup.Value.Used > 0)
                .Select(cgroup => new KPageCgroupSummary(cgroup.Key, paths.GetValueOrDefault(cgroup.Key), 1, cgroup.Value)).OrderByDescending(cgroup => cgroup.PageCount),
        ];
        return new MemoryDescription(frames, map, cgroups, cgroup => cgroup.CgroupPath ?? (hasPaths ? $"removed or hidden cgroup {cgroup.CgroupInode}" : $"cgroup {cgroup.CgroupInode}"));
    }
}
