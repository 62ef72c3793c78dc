using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.MemoryUse;
using PagemapTools.Procfs.Sharing;

namespace PagemapTools.Procfs.Reports;

/// <summary>Reads all page frames in one pass: the map of the machine, and its memory by use and cgroup, which are of the same moment.</summary>
/// <param name="procfs">The machine.</param>
/// <param name="owners">Which processes map page frames; null if nobody knows.</param>
internal sealed class FrameMapReader(ProcfsContext procfs, SharedFrames? owners)
{
    private readonly PageIndexedFile _flags = procfs.Frames.Get(FrameProperties.Flags);
    private readonly PageIndexedFile? _cgroups = procfs.Frames.TryGet(FrameProperties.Cgroup);
    private readonly Dictionary<ulong, UseCounts> _counts = [];
    private readonly List<FrameSegment> _segments = [];

    /// <summary>The classes of the map.</summary>
    public FrameClasses Classes { get; } = new();

    /// <summary>The page frames by use, for each inode of a cgroup; 0 is that of no cgroup. Holes in memory are left out.</summary>
    public IReadOnlyDictionary<ulong, UseCounts> Counts => _counts;

    /// <summary>Where page frames of the map are in memory. Sections without memory are left out.</summary>
    public IReadOnlyList<FrameSegment> Segments => _segments;

    /// <summary>Whether cgroups are known.</summary>
    public bool HasCgroups => _cgroups is not null;

    public FrameMap Read(CancellationToken cancellationToken)
    {
        FrameMap map = new(Classes);
        ulong[] words = new ulong[FrameSurvey.ChunkFrames];
        ulong[] cgroups = new ulong[_cgroups is null ? 0 : words.Length];
        int read = words.Length;
        for (ulong first = 0; read == words.Length; first += (ulong)read)
        {
            cancellationToken.ThrowIfCancellationRequested();
            read = _flags.Read(first, words);
            AddChunk(map, first, words.AsSpan(0, read), ReadCgroups(first, cgroups, read));
        }

        map.Complete();
        return map;
    }

    private ReadOnlySpan<ulong> ReadCgroups(ulong first, ulong[] words, int count)
    {
        Span<ulong> wanted = words.AsSpan(0, Math.Min(count, words.Length));
        wanted[(_cgroups?.Read(first, wanted) ?? 0)..].Clear();
        return wanted;
    }

    private void AddChunk(FrameMap map, ulong first, ReadOnlySpan<ulong> words, ReadOnlySpan<ulong> cgroups)
    {
        // The kernel shows 0 for memory that it has not initialised, and since 6.18 for addresses without memory.
        bool isUntracked = !words.ContainsAnyExcept(0UL);
        PageUse untracked = isUntracked ? FrameSurvey.ClassifyUntracked(procfs, first) : PageUse.Unknown;
        if (untracked == PageUse.NotMemory || !words.ContainsAnyExcept((ulong)KPageFlags.NOPAGE))
        {
            return;
        }

        if (_segments.Count == 0 || _segments[^1].FirstPfn + (ulong)(map.FrameCount - _segments[^1].Position) != first)
        {
            _segments.Add(new FrameSegment(map.FrameCount, first));
        }

        if (isUntracked)
        {
            Count(0, 0, untracked, words.Length);
            map.Add(Classes.GetNumber(new FrameClass(untracked, KPageFlags.None, false, 0, 0)), words.Length);
            return;
        }

        FrameRuns runs = new(words, cgroups);
        while (runs.MoveNext())
        {
            Count(runs.InheritedOther, runs.Flags, runs.Use, runs.Length);
            FrameClass frames = new(runs.Use, KPageFlagsDecoder.DecodeWellKnown(runs.Flags), (runs.Flags & (ulong)KPageFlagsDecoder.Compound) != 0, runs.InheritedOther, 0);
            AddRun(map, frames, first + (ulong)runs.First, runs.Length);
        }
    }

    // A page frame that is free was given back after the walk of its process.
    private void AddRun(FrameMap map, FrameClass frames, ulong pfn, int count)
    {
        while (count > 0)
        {
            int piece = Math.Min(count, FrameTable.BlockFrames - (int)(pfn % FrameTable.BlockFrames));
            ReadOnlySpan<uint> block = owners is null || frames.Use is PageUse.Free ? [] : owners.Frames.FindBlock(pfn);
            int set = 0;
            if (!block.IsEmpty)
            {
                block = block.Slice((int)(pfn % FrameTable.BlockFrames), piece);
                int equal = block.IndexOfAnyExcept(block[0]);
                piece = equal < 0 ? piece : equal;
                set = FrameTable.GetSet(block[0]);
            }

            map.Add(Classes.GetNumber(frames with { Owners = set }), piece);
            pfn += (ulong)piece;
            count -= piece;
        }
    }

    private void Count(ulong cgroup, ulong word, PageUse use, int frames)
    {
        if (!_counts.TryGetValue(cgroup, out UseCounts? counts))
        {
            _counts.Add(cgroup, counts = new UseCounts());
        }

        counts.Add(use, word, frames);
    }
}

/// <summary>Page frames of the map that are neighbours in memory.</summary>
/// <param name="Position">The position of the first one in the map.</param>
/// <param name="FirstPfn">Its number.</param>
internal readonly record struct FrameSegment(long Position, ulong FirstPfn);
