using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.MemoryUse;
using PagemapTools.Procfs.Sharing;

namespace PagemapTools.Procfs.Reports;

/// <summary>Describes the memory of the machine: bars, and what the runs of the map mean.</summary>
/// <param name="frames">The page frames.</param>
/// <param name="map">The map that was made of them.</param>
/// <param name="cgroups">The cgroups that have page frames, the largest first.</param>
/// <param name="getName">Names a cgroup that has an inode.</param>
internal sealed class MemoryDescription(FrameMapBuilder frames, FrameMap map, IReadOnlyList<KPageCgroupSummary> cgroups, Func<KPageCgroupSummary, string> getName)
{
    private const int MaxCgroups = 30;
    private const int MaxOwners = 256;

    // All sets together, so that a report stays small.
    private const int MaxOwnerNumbers = 300_000;

    // The order within 2 MiB is lost, and the blocks of 1 GiB are sorted: nobody can say where in them a page is.
    private const long HiddenBlockBytes = 2L << 20;
    private const long HiddenRegionBytes = 1L << 30;

    /// <summary>Describes the memory.</summary>
    /// <param name="owners">Which processes map page frames; null if nobody knows. The processes have their positions in the report.</param>
    /// <param name="includeFrames">Whether page frame numbers are included. If not, the order of the map is lost.</param>
    public ReportedMemory Describe(SharedFrames? owners, bool includeFrames)
    {
        if (!includeFrames)
        {
            map.HideOrder((int)(HiddenBlockBytes >> PageGeometry.PageShift), (int)(HiddenRegionBytes >> PageGeometry.PageShift));
        }

        return new ReportedMemory(DescribeUses(), frames.HasCgroups ? DescribeCgroups() : null, DescribeMap(owners, includeFrames));
    }

    private List<object[]> DescribeUses() =>
        [.. Enum.GetValues<PageUse>().Where(use => use != PageUse.NotMemory).Select(use => (use, Bytes: frames.Counts.Values.Sum(counts => counts[use]) << PageGeometry.PageShift))
            .Where(use => use.Bytes > 0).Select(use => (object[])[$"{use.use}", use.Bytes])];

    private List<object[]> DescribeCgroups()
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

    private string GetName(KPageCgroupSummary cgroup) => cgroup.CgroupInode == 0 ? "no cgroup" : VisibleText.Escape(getName(cgroup));

    private ReportedMap DescribeMap(SharedFrames? owners, bool includeFrames)
    {
        Dictionary<ulong, string> names = cgroups.ToDictionary(cgroup => cgroup.CgroupInode, GetName);
        NumberedTable<KPageFlags, string> flags = new(KPageFlagsNames.Format);
        NumberedTable<ulong, string?> paths = new(inode => inode == 0 ? null : names.GetValueOrDefault(inode, $"cgroup {inode}"));
        int room = MaxOwnerNumbers;
        NumberedTable<int, object> sets = new(set => DescribeOwners(set, owners, ref room));
        paths.GetNumber(0);
        sets.GetNumber(0);
        int[][] classes = [.. frames.Classes.Items.Select(item =>
            (int[])[(int)item.Use, flags.GetNumber(item.Flags), item.IsLarge ? 1 : 0, paths.GetNumber(item.Cgroup), sets.GetNumber(item.Owners)])];
        return new ReportedMap(
            map.FrameCount, map.Runs.Count, map.BlockFrames, map.IsReduced || frames.Classes.IsReduced,
            includeFrames ? [.. frames.Segments.Select(segment => (long[])[segment.Position, (long)segment.FirstPfn])] : null,
            Enum.GetNames<PageUse>(), flags.Items, paths.Items, owners is null ? null : sets.Items, classes);
    }

    private static object DescribeOwners(int set, SharedFrames? owners, ref int room)
    {
        if (set == 0 || owners is null)
        {
            return Array.Empty<int>();
        }

        ReadOnlySpan<ulong> members = owners.Sets.GetMembers(set);
        List<int> found = [];
        for (int process = 0; process < members.Length * 64; process++)
        {
            if ((members[process / 64] & (1UL << (process % 64))) != 0)
            {
                found.Add(process);
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
