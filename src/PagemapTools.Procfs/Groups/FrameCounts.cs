using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PagemapTools.Procfs.Groups;

/// <summary>
/// Counts how often processes refer to each page frame: two bytes a frame, in blocks of 512 frames that are made when the first frame of
/// a block is counted. A third byte a frame marks what is not plain anonymous memory, in blocks that have such frames. For one thread.
/// </summary>
/// <param name="pool">The arrays of the blocks.</param>
internal sealed class FrameCounts(FrameBlockPool pool)
{
    public const int BlockShift = 9;
    public const int BlockFrames = 1 << BlockShift;

    /// <summary>The count at which counting stops. A page frame with this count has at least as many references.</summary>
    public const ushort Saturated = ushort.MaxValue;

    /// <summary>The bits of a mark that are a <see cref="FrameKind"/>.</summary>
    public const byte KindMask = 0x0f;

    /// <summary>Marks a page frame that is also mapped by an address space that does not end with the group.</summary>
    public const byte HeldElsewhere = 0x40;

    /// <summary>Marks a page frame whose pagemap entry is exclusive.</summary>
    public const byte Exclusive = 0x80;

    // A directory has the blocks of 8 GiB of memory. Physical addresses have at most 52 bits on x86-64 and arm64.
    private const int DirectoryShift = 12;
    private const int DirectoryBlocks = 1 << DirectoryShift;
    private const ulong MaxBlocks = 1UL << (52 - 12 - BlockShift);

    private Directory?[] _directories = [];
    private ulong _block = ulong.MaxValue;
    private ushort[] _counts = [];
    private byte[]? _marks;

    private sealed class Directory
    {
        public readonly ushort[]?[] Counts = new ushort[DirectoryBlocks][];
        public readonly byte[]?[] Marks = new byte[DirectoryBlocks][];
    }

    /// <summary>Counts a reference to a page frame.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong pfn)
    {
        ulong block = pfn >> BlockShift;
        if (block != _block)
        {
            MoveTo(block);
        }

        ref ushort count = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_counts), (nint)(pfn & (BlockFrames - 1)));
        count += count == Saturated ? (ushort)0 : (ushort)1;
    }

    /// <summary>Counts a reference to a page frame, and marks the frame.</summary>
    public void Add(ulong pfn, byte mark)
    {
        Add(pfn);
        _marks ??= GetDirectory(_block).Marks[_block & (DirectoryBlocks - 1)] ??= pool.RentMarks();
        ref byte present = ref _marks[pfn & (BlockFrames - 1)];
        present = MergeMarks(present, mark);
    }

    /// <summary>Adds the counts of another object, which gives up its blocks.</summary>
    public void Merge(FrameCounts other)
    {
        foreach ((ulong block, ushort[] counts, byte[]? marks) in other.GetBlocks())
        {
            MoveTo(block, counts, marks);
        }

        other.Forget();
        _block = ulong.MaxValue;
    }

    /// <summary>The blocks, in ascending order. A block begins at the frame with its number times <see cref="BlockFrames"/>.</summary>
    public IEnumerable<(ulong Block, ushort[] Counts, byte[]? Marks)> GetBlocks()
    {
        for (int i = 0; i < _directories.Length; i++)
        {
            for (int j = 0; _directories[i] is { } directory && j < DirectoryBlocks; j++)
            {
                if (directory.Counts[j] is { } counts)
                {
                    yield return (((ulong)i << DirectoryShift) + (ulong)j, counts, directory.Marks[j]);
                }
            }
        }
    }

    /// <summary>Returns all blocks to the pool.</summary>
    public void Clear()
    {
        foreach ((_, ushort[] counts, byte[]? marks) in GetBlocks())
        {
            pool.Return(counts);
            if (marks is not null)
            {
                pool.Return(marks);
            }
        }

        Forget();
    }

    private void Forget()
    {
        _directories = [];
        _block = ulong.MaxValue;
    }

    private static byte MergeMarks(byte first, byte second) =>
        (byte)(((first | second) & ~KindMask) | ((second & KindMask) != 0 ? second & KindMask : first & KindMask));

    private void MoveTo(ulong block)
    {
        Directory directory = GetDirectory(block);
        int index = (int)(block & (DirectoryBlocks - 1));
        _counts = directory.Counts[index] ??= pool.RentCounts();
        _marks = directory.Marks[index];
        _block = block;
    }

    private void MoveTo(ulong block, ushort[] counts, byte[]? marks)
    {
        Directory directory = GetDirectory(block);
        int index = (int)(block & (DirectoryBlocks - 1));
        if (directory.Counts[index] is not { } present)
        {
            directory.Counts[index] = counts;
        }
        else
        {
            AddSaturated(present, counts);
            pool.Return(counts);
        }

        if (marks is null || directory.Marks[index] is not { } presentMarks)
        {
            directory.Marks[index] = marks ?? directory.Marks[index];
            return;
        }

        for (int i = 0; i < BlockFrames; i++)
        {
            presentMarks[i] = MergeMarks(presentMarks[i], marks[i]);
        }

        pool.Return(marks);
    }

    private static void AddSaturated(ushort[] sums, ushort[] counts)
    {
        Span<Vector<ushort>> total = MemoryMarshal.Cast<ushort, Vector<ushort>>(sums.AsSpan());
        ReadOnlySpan<Vector<ushort>> added = MemoryMarshal.Cast<ushort, Vector<ushort>>(counts);
        for (int i = 0; i < total.Length; i++)
        {
            total[i] += Vector.Min(added[i], Vector.OnesComplement(total[i]));
        }
    }

    private Directory GetDirectory(ulong block)
    {
        // Entries of a kernel with such frames would be wrong. Their counts go into the last block.
        int index = (int)(Math.Min(block, MaxBlocks - 1) >> DirectoryShift);
        if (index >= _directories.Length)
        {
            Array.Resize(ref _directories, index + 1);
        }

        return _directories[index] ??= new Directory();
    }
}
