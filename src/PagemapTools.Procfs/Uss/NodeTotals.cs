using System.Runtime.InteropServices;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Uss;

/// <summary>The sums of a process for each NUMA node.</summary>
internal sealed class NodeTotals(ProcfsContext procfs)
{
    private const int NoNode = -1;

    private readonly Dictionary<int, UssAccumulator> _totals = [];

    /// <summary>Counts the entries of the pages on one node.</summary>
    public delegate void CountFunc(int first, ReadOnlySpan<ulong> entries, ref UssAccumulator total);

    /// <summary>The sums, in the order of the nodes; last those of page frames whose node is unknown, with null.</summary>
    public IEnumerable<(int? Node, UssAccumulator Total)> Totals => _totals
        .Where(node => node.Value.Resident + node.Value.Hugetlb > 0)
        .OrderBy(node => (uint)node.Key)
        .Select(node => (node.Key == NoNode ? (int?)null : node.Key, node.Value));

    /// <summary>Cuts entries into runs whose page frames are on one node, and counts each. An entry without a page frame belongs to the run around it.</summary>
    public void Add(ReadOnlySpan<ulong> entries, CountFunc count)
    {
        int next;
        for (int first = 0; first < entries.Length; first = next)
        {
            next = FindEnd(entries, first, out int? node);
            if (node is { } key)
            {
                count(first, entries[first..next], ref CollectionsMarshal.GetValueRefOrAddDefault(_totals, key, out _));
            }
        }
    }

    private int FindEnd(ReadOnlySpan<ulong> entries, int first, out int? node)
    {
        node = null;
        int end = first;
        for (; end < entries.Length; end++)
        {
            PagemapEntry entry = new(entries[end]);
            if (!entry.IsPresent)
            {
                continue;
            }

            int own = procfs.Nodes.Find(entry.Pfn ?? throw HiddenFrames.CreateException(procfs.Root)) ?? NoNode;
            if (node is { } known && own != known)
            {
                break;
            }

            node = own;
        }

        return end;
    }
}
