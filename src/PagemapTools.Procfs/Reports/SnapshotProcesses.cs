using PagemapTools.Procfs.Sharing;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Procfs.Reports;

/// <summary>The processes of a snapshot: their figures, their mappings and the page frames that they map.</summary>
/// <param name="snapshot">The snapshot.</param>
/// <param name="notes">Receives what is missing.</param>
internal sealed class SnapshotProcesses(PageSnapshot snapshot, List<string> notes)
{
    private readonly MappingRowTable _rows = new();
    private SnapshotPageSums? _pages;

    /// <summary>The processes, in ascending order of their ids.</summary>
    public IReadOnlyList<ReportedProcess> Items { get; private set; } = [];

    /// <summary>The names of mappings.</summary>
    public IReadOnlyList<string> Names => _rows.Names;

    /// <summary>Which processes map page frames, by their positions in <see cref="Items"/>; null if the snapshot does not say.</summary>
    public SharedFrames? Owners => _pages?.Owners;

    /// <summary>The failures of processes that are not in the report.</summary>
    public List<ProcfsException> Failures { get; } = [];

    /// <summary>Reads the processes.</summary>
    /// <param name="processIds">Their ids; null for all.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public void Read(IReadOnlyCollection<int>? processIds, CancellationToken cancellationToken)
    {
        if (!snapshot.Tables.HasFlag(SnapshotTables.Processes))
        {
            notes.Add("The processes are left out. The snapshot has no table processes.");
            return;
        }

        HashSet<int>? wanted = processIds is null ? null : [.. processIds];
        ProcessRow[] rows =
        [
            .. snapshot.ReadProcesses(cancellationToken).Where(process => wanted?.Contains(process.ProcessId) != false)
                .OrderBy(process => process.ProcessId),
        ];
        int[] ids = Array.ConvertAll(rows, process => process.ProcessId);
        Failures.AddRange((wanted ?? []).Except(ids).Order().Select(id =>
            new ProcfsException(ProcfsError.ProcessNotFound, $"The snapshot has no process {id}.", string.Empty, id)));
        ProcessSums[] sums = ReadMappings(ids, cancellationToken);
        Items = [.. rows.Zip(sums, Create)];
    }

    /// <summary>Reads the address spaces of the largest processes; null if the snapshot does not have their pages.</summary>
    public IReadOnlyList<ReportedSpace>? ReadSpaces(CancellationToken cancellationToken) =>
        _pages is null ? null : new SnapshotSpaces(snapshot, _pages.Owners is null ? null : _pages.ZeroPages).Read(Items, cancellationToken);

    private ReportedProcess Create(ProcessRow process, ProcessSums sums)
    {
        // The table does not say which hugetlb pages are private, and they are part of Uss and not of Rss.
        long? shared = process["hugetlb"] == 0 ? process["rss"] - process["uss"] : null;
        return new ReportedProcess(
            process.ProcessId, VisibleText.Escape(process.Name), VisibleText.Escape(process.User), process["uss"], process["pss"], process["rss"], shared,
            process["swap"], process["hugetlb"], process["anon_huge_pages"], _rows.Create(sums));
    }

    private ProcessSums[] ReadMappings(int[] ids, CancellationToken cancellationToken)
    {
        SnapshotTables missing = (SnapshotTables.Pages | SnapshotTables.Mappings) & ~snapshot.Tables;
        if (missing != SnapshotTables.None)
        {
            notes.Add($"The mappings and the address spaces of processes are left out. The snapshot has no table {(missing.HasFlag(SnapshotTables.Pages) ? "pages" : "mappings")}.");
            return Array.ConvertAll(ids, _ => new ProcessSums());
        }

        _pages = new SnapshotPageSums(snapshot, ids);
        _pages.Read(cancellationToken);
        return _pages.Sums;
    }
}
