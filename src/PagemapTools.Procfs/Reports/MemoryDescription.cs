using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.MemoryUse;
using PagemapTools.Procfs.Sharing;

namespace PagemapTools.Procfs.Reports;

/// <summary>Describes the memory of the machine: bars, and what the runs of the map mean.</summary>
/// <param name="procfs">The machine.</param>
/// <param name="reader">What was read.</param>
/// <param name="map">The map that was made of it.</param>
internal sealed class MemoryDescription(ProcfsContext procfs, FrameMapReader reader, FrameMap map)
{
    private const int MaxCgroups = 30;
    private const int MaxOwners = 256;

    // All sets together, so that a report stays small.
    private const int MaxOwnerNumbers = 300_000;

    /// <summary>Describes the memory.</summary>
    /// <param name="owners">Which processes map page frames; null if nobody knows.</param>
    /// <param name="processes">The position in the report of each process of <paramref name="owners"/>; -1 if it is not there.</param>
    /// <param name="includeFrames">Whether page frame numbers are included.</param>
    /// <param name="cancellationToken">Cancels the search for the paths of cgroups.</param>
    public ReportedMemory Describe(SharedFrames? owners, int[] processes, bool includeFrames, CancellationToken cancellationToken)
    {
        IReadOnlyList<KPageCgroupSummary> cgroups = new CgroupSums(procfs.Cgroups, reader.Counts, cancellationToken).GetEach(onWarning: null);
        return new ReportedMemory(DescribeUses(), reader.HasCgroups ? DescribeCgroups(cgroups) : null, DescribeMap(cgroups, owners, processes, includeFrames));
    }

    private List<object[]> DescribeUses() =>
        [.. Enum.GetValues<PageUse>().Where(use => use != PageUse.NotMemory).Select(use => (use, Bytes: reader.Counts.Values.Sum(counts => counts[use]) << PageGeometry.PageShift))
            .Where(use => use.Bytes > 0).Select(use => (object[])[$"{use.use}", use.Bytes])];

    private List<object[]> DescribeCgroups(IReadOnlyList<KPageCgroupSummary> cgroups)
    {
        List<object[]> rows = [.. cgroups.Take(MaxCgroups).Select(cgroup => DescribeCgroup(GetName(cgroup), cgroup))];
        if (cgroups.Count > MaxCgroups)
        {
            object[] rest = [$"{cgroups.Count - MaxCgroups} smaller cgroups", 0L, 0L, 0L, 0L, 0L, 0L];
            foreach (object[] row in cgroups.Skip(MaxCgroups).Select(cgroup => DescribeCgroup(string.Empty, cgroup)))
            {
                for (int i = 1; i < row.Length; i++)
                {
                    rest[i] = (long)rest[i] + (long)row[i];
                }
            }

            rows.Add(rest);
        }

        return rows;
    }

    private static object[] DescribeCgroup(string name, KPageCgroupSummary cgroup) =>
        [name, cgroup.Anonymous, cgroup.File, cgroup.Shmem, cgroup.Slab, cgroup.PageTables, cgroup.Other];

    // The path below the hierarchy, as /proc/PID/cgroup has it.
    private string GetName(KPageCgroupSummary cgroup) =>
        cgroup.CgroupInode == 0 ? "no cgroup"
        : cgroup.CgroupPath is not { } path ? $"removed or hidden cgroup {cgroup.CgroupInode}"
        : path == procfs.Cgroups.Root ? "/"
        : VisibleText.Escape(path[(procfs.Cgroups.Root?.Length ?? 0)..]);

    private ReportedMap DescribeMap(IReadOnlyList<KPageCgroupSummary> cgroups, SharedFrames? owners, int[] processes, bool includeFrames)
    {
        Dictionary<ulong, string> names = cgroups.ToDictionary(cgroup => cgroup.CgroupInode, GetName);
        NumberedTable<KPageFlags, string> flags = new(KPageFlagsNames.Format);
        NumberedTable<ulong, string?> paths = new(inode => inode == 0 ? null : names.GetValueOrDefault(inode, $"cgroup {inode}"));
        int room = MaxOwnerNumbers;
        NumberedTable<int, object> sets = new(set => DescribeOwners(set, owners, processes, ref room));
        paths.GetNumber(0);
        sets.GetNumber(0);
        int[][] classes = [.. reader.Classes.Items.Select(item =>
            (int[])[(int)item.Use, flags.GetNumber(item.Flags), item.IsLarge ? 1 : 0, paths.GetNumber(item.Cgroup), sets.GetNumber(item.Owners)])];
        return new ReportedMap(
            map.FrameCount, map.Runs.Count, map.BlockFrames, map.IsReduced || reader.Classes.IsReduced,
            includeFrames ? [.. reader.Segments.Select(segment => (long[])[segment.Position, (long)segment.FirstPfn])] : null,
            Enum.GetNames<PageUse>(), flags.Items, paths.Items, sets.Items, classes);
    }

    private static object DescribeOwners(int set, SharedFrames? owners, int[] processes, ref int room)
    {
        if (set == 0 || owners is null)
        {
            return Array.Empty<int>();
        }

        ReadOnlySpan<ulong> members = owners.Sets.GetMembers(set);
        List<int> found = [];
        for (int process = 0; process < processes.Length; process++)
        {
            if (processes[process] >= 0 && (members[process / 64] & (1UL << (process % 64))) != 0)
            {
                found.Add(processes[process]);
            }
        }

        if (found.Count > Math.Min(MaxOwners, room))
        {
            return found.Count;
        }

        room -= found.Count;
        return found;
    }

    /// <summary>Numbers values in the order in which they appear.</summary>
    private sealed class NumberedTable<TKey, TItem>(Func<TKey, TItem> describe)
        where TKey : notnull
    {
        private readonly Dictionary<TKey, int> _numbers = [];
        private readonly List<TItem> _items = [];

        public IReadOnlyList<TItem> Items => _items;

        public int GetNumber(TKey key)
        {
            if (!_numbers.TryGetValue(key, out int number))
            {
                _numbers.Add(key, number = _items.Count);
                _items.Add(describe(key));
            }

            return number;
        }
    }
}
