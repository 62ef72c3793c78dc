using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.MemoryUse;
using PagemapTools.Procfs.Sharing;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Procfs.Reports;

/// <summary>Makes of all page frames, in one pass, the map of the machine and its memory by use and cgroup, which are of the same moment.</summary>
/// <param name="owners">Which processes map page frames; null if nobody knows.</param>
internal sealed class FrameMapBuilder(SharedFrames? owners)
{
    private readonly Dictionary<ulong, UseCounts> _counts = [];
    private readonly List<FrameSegment> _segments = [];

    /// <summary>The classes of the map.</summary>
    public FrameClasses Classes { get; } = new();

    /// <summary>The page frames by use, for each inode of a cgroup; 0 is that of no cgroup. Holes in memory are left out.</summary>
    public IReadOnlyDictionary<ulong, UseCounts> Counts => _counts;

    /// <summary>Where page frames of the map are in memory. Sections without memory are left out.</summary>
    public IReadOnlyList<FrameSegment> Segments => _segments;

    /// <summary>Whether cgroups are known.</summary>
    public bool HasCgroups { get; private set; }

    /// <summary>Builds the map.</summary>
    /// <param name="runs">All page frames, in the order of their numbers.</param>
    /// <param name="onOwned">Receives the word of the owners of page frames that processes map, the run and their number; null for no call.</param>
    public FrameMap Build(IEnumerable<FrameRun> runs, Action<uint, FrameRun, int>? onOwned = null)
    {
        FrameMap map = new(Classes);
        foreach (FrameRun run in runs)
        {
            foreach (FrameRun part in run.Use == PageUse.NotMemory ? LeaveOutHole(run) : [run])
            {
                Add(map, part, onOwned);
            }
        }

        map.Complete();
        return map;
    }

    // Within sections holes stay in the map, so that the blocks of the map are those of huge pages.
    private static FrameRun[] LeaveOutHole(FrameRun run)
    {
        ulong section = (ulong)PageGeometry.SectionFrames;
        ulong end = run.Pfn + (ulong)run.Count;
        ulong firstHole = (run.Pfn + section - 1) / section * section;
        ulong endHole = end / section * section;
        FrameRun[] parts = firstHole >= endHole ? [run]
            : [run with { Count = (long)(firstHole - run.Pfn) }, run with { Pfn = endHole, Count = (long)(end - endHole) }];
        return Array.FindAll(parts, part => part.Count > 0);
    }

    private void Add(FrameMap map, in FrameRun run, Action<uint, FrameRun, int>? onOwned)
    {
        if (_segments.Count == 0 || _segments[^1].FirstPfn + (ulong)(map.FrameCount - _segments[^1].Position) != run.Pfn)
        {
            _segments.Add(new FrameSegment(map.FrameCount, run.Pfn));
        }

        HasCgroups |= run.Cgroup is not null;
        Count(run);
        ulong word = run.Flags ?? 0;
        FrameClass frames = new(run.Use, KPageFlagsDecoder.DecodeWellKnown(word), (word & (ulong)KPageFlagsDecoder.Compound) != 0, run.Cgroup ?? 0, 0);
        ulong pfn = run.Pfn;
        for (long rest = run.Count; rest > 0;)
        {
            int piece = CountOwned(pfn, rest, out uint owned);

            // A page frame that is free was given back after the walk of its process.
            owned = run.Use == PageUse.Free ? 0 : owned;
            if (owned != 0)
            {
                onOwned?.Invoke(owned, run, piece);
            }

            map.Add(Classes.GetNumber(frames with { Owners = FrameTable.GetSet(owned) }), piece);
            pfn += (ulong)piece;
            rest -= piece;
        }
    }

    /// <summary>Counts the page frames after one that have the same owners, within a block.</summary>
    private int CountOwned(ulong pfn, long max, out uint owned)
    {
        int piece = (int)Math.Min(max, FrameTable.BlockFrames - (int)(pfn % FrameTable.BlockFrames));
        owned = 0;
        if (owners is null)
        {
            return (int)Math.Min(max, int.MaxValue);
        }

        ReadOnlySpan<uint> block = owners.Frames.FindBlock(pfn);
        if (block.IsEmpty)
        {
            return piece;
        }

        block = block.Slice((int)(pfn % FrameTable.BlockFrames), piece);
        owned = block[0];
        int equal = block.IndexOfAnyExcept(owned);
        return equal < 0 ? piece : equal;
    }

    private void Count(in FrameRun run)
    {
        ulong cgroup = run.Cgroup ?? 0;
        if (!_counts.TryGetValue(cgroup, out UseCounts? counts))
        {
            _counts.Add(cgroup, counts = new UseCounts());
        }

        counts.Add(run.Use, run.Flags ?? 0, run.Count);
    }
}

/// <summary>Page frames of the map that are neighbours in memory.</summary>
/// <param name="Position">The position of the first one in the map.</param>
/// <param name="FirstPfn">Its number.</param>
internal readonly record struct FrameSegment(long Position, ulong FirstPfn);
