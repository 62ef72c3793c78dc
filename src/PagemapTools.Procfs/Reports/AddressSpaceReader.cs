using PagemapTools.Procfs.Cells;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Reports;

/// <summary>Reads the address spaces of the largest processes of a report.</summary>
/// <param name="procfs">The machine.</param>
/// <param name="options">How long a process may hold up its reading; null for the defaults.</param>
internal sealed class AddressSpaceReader(ProcfsContext procfs, TargetRunOptions? options)
{
    // More would be too many to look at, and each is read once more, with the flags of its page frames.
    private const int MaxProcesses = 8;

    /// <summary>Why address spaces are missing: their processes have exited meanwhile, or cannot be read.</summary>
    public List<ProcfsException> Failures { get; } = [];

    /// <summary>Selects the processes with most memory, in memory or in swap; returns their positions in ascending order.</summary>
    public static int[] SelectLargest(IReadOnlyList<ReportedProcess> processes) =>
    [
        .. Enumerable.Range(0, processes.Count).OrderByDescending(process => (processes[process].Rss ?? processes[process].Uss ?? 0) + (processes[process].Swap ?? 0))
            .Take(MaxProcesses).Order(),
    ];

    /// <summary>Reads the processes. Of one that fails (<see cref="Failures"/>) the report has the figures alone.</summary>
    /// <param name="processes">The processes of the report.</param>
    /// <param name="knowsFolios">Whether this user may read page frame numbers and the flags of page frames.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public IReadOnlyList<ReportedSpace> Read(IReadOnlyList<ReportedProcess> processes, bool knowsFolios, CancellationToken cancellationToken)
    {
        int[] selected = SelectLargest(processes);
        PageCellQuery query = new()
        {
            By = PageCellKey.State,
            IsDetailed = true,
            MaxCells = AddressSpaceBins.MaxCells,
            Walk = new PageWalkOptions { Mappings = mapping => mapping.Kind != MappingKind.Vvar },
        };
        List<ReportedSpace> spaces = [];
        int position = 0;
        foreach (TargetResult<PageCellMap> result in TargetRun.ReadEach(
            procfs.Root, selected.Select(process => processes[process].Id), (id, token) => procfs.ReadProcessCells(id, query, cancellationToken: token), options, cancellationToken))
        {
            int process = selected[position++];
            if (result.Value is { } map)
            {
                spaces.Add(AddressSpaceBins.Create(process, [.. map.Sections.Select(section => section.Cells)], knowsFolios));
            }
            else
            {
                Failures.Add(result.Failure!);
            }
        }

        return spaces;
    }
}
