namespace PagemapTools.Procfs.Sharing;

/// <summary>
/// The latest blocks of entries, each with the set of processes that have these entries at the same address, as forked processes do. Equal
/// blocks are compared, and their frames are added once for all of these processes: a comparison reads memory in order, while frames are
/// anywhere in memory. It takes at most 5 MiB.
/// </summary>
/// <param name="sets">The sets.</param>
/// <param name="addFrames">Adds the frames of a block that leaves.</param>
internal sealed class ForkedBlocks(ProcessSets sets, Action<ForkedBlocks.Block> addFrames)
{
    /// <summary>The number of entries in a block. A block begins at a multiple of this number of pages.</summary>
    public const int BlockEntries = 64;

    // The blocks of 2 GiB of addresses.
    private const int MaxBlocks = 8192;

    private readonly Block?[] _blocks = new Block?[MaxBlocks];

    /// <summary>Enumerates the blocks.</summary>
    public IEnumerable<Block> Enumerate() => _blocks.OfType<Block>();

    /// <summary>Adds a block of a process. The frames of the block whose place it takes are added to the table.</summary>
    public void Add(ulong firstPage, ReadOnlySpan<ulong> entries, SharedFrameKind kind, int process)
    {
        ref Block? block = ref _blocks[firstPage / BlockEntries % MaxBlocks];
        if (block is not null && block.FirstPage == firstPage && block.Kind == kind && entries.SequenceEqual(block.Entries))
        {
            block.Set = sets.Add(block.Set, process);
            return;
        }

        if (block is not null)
        {
            addFrames(block);
        }

        block ??= new Block();
        entries.CopyTo(block.Entries);
        (block.FirstPage, block.Kind, block.Set) = (firstPage, kind, sets.Add(0, process));
    }

    /// <summary>Adds the frames of all blocks to the table.</summary>
    public void Clear()
    {
        foreach (Block block in Enumerate())
        {
            addFrames(block);
        }

        Array.Clear(_blocks);
    }

    /// <summary>The entries of a block, and the processes that have them.</summary>
    internal sealed class Block
    {
        public ulong[] Entries { get; } = new ulong[BlockEntries];

        public ulong FirstPage { get; set; }

        public SharedFrameKind Kind { get; set; }

        public int Set { get; set; }
    }
}
