using System.Text;

namespace PagemapTools.Procfs.Machine;

/// <summary>
/// The NUMA node of each block of physical memory, from /sys/devices/system/node/nodeN/memoryM (drivers/base/node.c). Memory has holes, and
/// blocks come and go with hot-plug: a table is of one moment. It has 2 bytes for each block up to the last one; a block is 128 MiB or more.
/// </summary>
internal sealed class MemoryNodes
{
    private const short NoBlock = -1;
    private const short Ambiguous = -2;
    private const string Block = "memory";
    private const string Node = "node";

    // 512 TiB in blocks of 128 MiB.
    private const int MaxBlocks = 4 * 1024 * 1024;

    private readonly short[] _nodes;
    private readonly ulong _blockFrames;

    private MemoryNodes(ulong blockFrames, short[] nodes)
    {
        _blockFrames = blockFrames;
        _nodes = nodes;
    }

    /// <summary>The table of a machine that does not show its blocks.</summary>
    public static MemoryNodes None { get; } = new(1, []);

    /// <summary>Whether a block of memory has the page frame; null if the machine does not show its blocks.</summary>
    public bool? HasBlock(ulong pfn) => _nodes.Length == 0 ? null : Get(pfn) != NoBlock;

    /// <summary>Finds the node of a page frame. Null if no block has it, if several nodes share the block, or if the machine does not show its blocks.</summary>
    public int? Find(ulong pfn) => Get(pfn) is >= 0 and var node ? node : null;

    /// <summary>Reads the table of the machine; it is empty on a kernel without CONFIG_NUMA or memory blocks.</summary>
    /// <param name="system">The directory /sys/devices/system.</param>
    public static MemoryNodes Read(string system)
    {
        string? size = ProcText.TryReadSmall(ProcRoot.Default, Path.Join(system, Block, "block_size_bytes"));
        if (!ProcNumber.TryParseHex(Encoding.UTF8.GetBytes(size ?? string.Empty), out ulong bytes) || bytes < PageGeometry.PageSize)
        {
            return None;
        }

        Dictionary<int, short> blocks = [];
        foreach ((string directory, int node) in Enumerate(Path.Join(system, Node), Node))
        {
            foreach ((_, int block) in node <= short.MaxValue ? Enumerate(directory, Block) : [])
            {
                blocks[block] = blocks.TryGetValue(block, out short other) && other != node ? Ambiguous : (short)node;
            }
        }

        if (blocks.Count == 0)
        {
            return None;
        }

        short[] nodes = new short[blocks.Keys.Max() + 1];
        Array.Fill(nodes, NoBlock);
        foreach ((int block, short node) in blocks)
        {
            nodes[block] = node;
        }

        return new MemoryNodes(bytes >> PageGeometry.PageShift, nodes);
    }

    private short Get(ulong pfn) => pfn / _blockFrames is var block && block < (ulong)_nodes.Length ? _nodes[block] : NoBlock;

    /// <summary>Enumerates the entries of a directory whose names are a word and a number.</summary>
    private static IEnumerable<(string Path, int Number)> Enumerate(string directory, string word)
    {
        foreach (string name in Directory.Exists(directory) ? ProcRoot.ListDirectories(directory, MaxBlocks) : [])
        {
            if (name.StartsWith(word, StringComparison.Ordinal) && ProcNumber.TryParse(Encoding.UTF8.GetBytes(name[word.Length..]), out ulong number, MaxBlocks - 1))
            {
                yield return (Path.Join(directory, name), (int)number);
            }
        }
    }
}
