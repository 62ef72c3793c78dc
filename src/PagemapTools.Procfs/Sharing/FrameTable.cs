namespace PagemapTools.Procfs.Sharing;

/// <summary>
/// A word of 32 bits for each page frame: the set of processes that map the frame, and the frame's kind. Blocks of words are allocated when
/// a process maps one of their frames, so the table has 4 bytes for each frame that processes map, rounded up to blocks of 2 KiB.
/// </summary>
internal sealed class FrameTable
{
    /// <summary>The number of frames in a block.</summary>
    public const int BlockFrames = 1 << BlockShift;

    private const int BlockShift = 9;
    private const int BlocksPerRegionShift = 12;
    private const int KindBits = 2;
    private const uint KindMask = (1u << KindBits) - 1;

    private readonly Dictionary<ulong, uint[]?[]> _regions = [];
    private ulong _regionIndex = ulong.MaxValue;
    private uint[]?[] _region = [];

    /// <summary>Enumerates the blocks, each with the number of its first frame.</summary>
    public IEnumerable<(ulong FirstPfn, uint[] Words)> EnumerateBlocks()
    {
        foreach ((ulong region, uint[]?[] blocks) in _regions)
        {
            for (int block = 0; block < blocks.Length; block++)
            {
                if (blocks[block] is { } words)
                {
                    yield return (((region << BlocksPerRegionShift) + (ulong)block) << BlockShift, words);
                }
            }
        }
    }

    public static uint Pack(int set, SharedFrameKind kind) => ((uint)set << KindBits) | (uint)kind;

    public static int GetSet(uint word) => (int)(word >> KindBits);

    public static SharedFrameKind GetKind(uint word) => (SharedFrameKind)(word & KindMask);

    /// <summary>Gets the words of the block that contains a frame.</summary>
    public uint[] GetBlock(ulong pfn)
    {
        ulong block = pfn >> BlockShift;
        ulong region = block >> BlocksPerRegionShift;
        if (region != _regionIndex)
        {
            if (!_regions.TryGetValue(region, out uint[]?[]? blocks))
            {
                _regions.Add(region, blocks = new uint[]?[1 << BlocksPerRegionShift]);
            }

            (_regionIndex, _region) = (region, blocks);
        }

        return _region[block & ((1 << BlocksPerRegionShift) - 1)] ??= new uint[BlockFrames];
    }

    /// <summary>Finds the words of the block that contains a frame; empty if no process maps a frame of the block.</summary>
    public ReadOnlySpan<uint> FindBlock(ulong pfn)
    {
        ulong block = pfn >> BlockShift;
        return _regions.TryGetValue(block >> BlocksPerRegionShift, out uint[]?[]? blocks) ? blocks[block & ((1 << BlocksPerRegionShift) - 1)] : [];
    }
}
