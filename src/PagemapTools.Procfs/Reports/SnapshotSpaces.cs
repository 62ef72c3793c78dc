using System.Numerics;
using PagemapTools.Procfs.Cells;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Procfs.Reports;

/// <summary>
/// Makes the address spaces of the largest processes of a snapshot. A snapshot does not tell the sizes of folios, and tells memory that is
/// shared since a fork from the zero page only by page frame numbers.
/// </summary>
/// <param name="snapshot">The snapshot.</param>
/// <param name="zeroPages">The page frames of the zero page; null if the snapshot has no page frame numbers of processes.</param>
internal sealed class SnapshotSpaces(PageSnapshot snapshot, IReadOnlySet<ulong>? zeroPages)
{
    /// <summary>Reads the pages of the processes.</summary>
    public IReadOnlyList<ReportedSpace> Read(IReadOnlyList<ReportedProcess> processes, CancellationToken cancellationToken)
    {
        int[] selected = AddressSpaceReader.SelectLargest(processes);
        Dictionary<int, List<CellList>> sections = selected.ToDictionary(process => processes[process].Id, _ => new List<CellList>());
        Dictionary<int, int> shifts = selected.ToDictionary(process => processes[process].Id, process => FindShift(processes[process]));
        (int ProcessId, ulong Start) mapping = default;
        ulong end = 0;
        foreach ((int id, PageRun run) in snapshot.ReadPages(cancellationToken).Where(page => sections.ContainsKey(page.ProcessId)))
        {
            List<CellList> lists = sections[id];
            ulong first = PageGeometry.ToPageIndex(run.Address);
            if (mapping == (id, run.MappingStart))
            {
                lists[^1].AddGap(end, first);
            }
            else
            {
                lists.Add(new CellList(shifts[id]));
                mapping = (id, run.MappingStart);
            }

            end = first + (ulong)run.Count;
            lists[^1].AddRun(first, end, Classify(run), hash: 0);
        }

        return [.. selected.Select(process => AddressSpaceBins.Create(process, [.. sections[processes[process].Id].Select(list => list.Cells)], knowsFolios: false))];
    }

    private static int FindShift(ReportedProcess process)
    {
        long pages = ((process.Rss ?? 0) + (process.Swap ?? 0)) >> PageGeometry.PageShift;
        return BitOperations.Log2((ulong)Math.Max(pages / AddressSpaceBins.MaxCells, 1));
    }

    private int Classify(in PageRun run) =>
        run.State != PageState.Present ? (int)run.State
        : run.Entry.IsExclusive ? CellCategories.Private
        : run.Entry.IsFileOrSharedAnon || zeroPages is null || run.Entry.Pfn is not { } pfn ? CellCategories.Shared
        : zeroPages.Contains(pfn) ? CellCategories.ZeroPage
        : CellCategories.SharedAnonymous;
}
