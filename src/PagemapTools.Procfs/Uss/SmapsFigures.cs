using System.Runtime.CompilerServices;

namespace PagemapTools.Procfs.Uss;

/// <summary>The lines of smaps and smaps_rollup that are read, in the kernel's order (fs/proc/task_mmu.c, __show_smap).</summary>
internal enum SmapsField
{
    Rss,
    Pss,
    PssAnon,
    PssFile,
    PssShmem,
    SharedClean,
    SharedDirty,
    PrivateClean,
    PrivateDirty,
    Referenced,
    Anonymous,
    LazyFree,
    AnonHugePages,
    ShmemPmdMapped,
    FilePmdMapped,
    SharedHugetlb,
    PrivateHugetlb,
    Swap,
    SwapPss,
}

/// <summary>
/// The figures of one mapping of smaps, of smaps_rollup, or of a sum of them. A figure that the kernel does not write is null: Pss_Anon,
/// Pss_File and Pss_Shmem are in smaps_rollup only (Linux 5.4), LazyFree is in Linux 4.12, SwapPss in 4.3, FilePmdMapped in 5.4.
/// </summary>
internal struct SmapsFigures
{
    private const int FieldCount = (int)SmapsField.SwapPss + 1;

    // No address space is larger (56 bits with five levels of page tables). Sums of figures within it do not overflow.
    private const long MaxBytes = 1L << 57;

    // smaps does not have these.
    private const uint RollupOnly = (1U << (int)SmapsField.PssAnon) | (1U << (int)SmapsField.PssFile) | (1U << (int)SmapsField.PssShmem);

    private static readonly byte[][] s_names =
    [
        [.. "Rss"u8], [.. "Pss"u8], [.. "Pss_Anon"u8], [.. "Pss_File"u8], [.. "Pss_Shmem"u8], [.. "Shared_Clean"u8], [.. "Shared_Dirty"u8],
        [.. "Private_Clean"u8], [.. "Private_Dirty"u8], [.. "Referenced"u8], [.. "Anonymous"u8], [.. "LazyFree"u8], [.. "AnonHugePages"u8],
        [.. "ShmemPmdMapped"u8], [.. "FilePmdMapped"u8], [.. "Shared_Hugetlb"u8], [.. "Private_Hugetlb"u8], [.. "Swap"u8], [.. "SwapPss"u8],
    ];

    private Values _bytes;
    private uint _present;
    private int _next;

    /// <summary>A figure in bytes; null if the kernel did not write it.</summary>
    public readonly long? this[SmapsField field] => (_present & (1U << (int)field)) != 0 ? _bytes[(int)field] : null;

    /// <summary>Whether no figure was read.</summary>
    public readonly bool IsEmpty => _present == 0;

    /// <summary>Whether a line is one of figures or flags. The line of a mapping begins with a hexadecimal address in lower case.</summary>
    public static bool IsFigure(ReadOnlySpan<byte> line) => !line.IsEmpty && line[0] is >= (byte)'A' and <= (byte)'Z';

    /// <summary>Takes the figure of a line, <c>Name:   123 kB</c>, if it is one of those that are read.</summary>
    /// <returns>False if the line has the name of a figure, and no number.</returns>
    public bool TryTake(ReadOnlySpan<byte> line)
    {
        int colon = line.IndexOf((byte)':');
        int field = colon < 0 ? -1 : Find(line[..colon]);
        if (field < 0)
        {
            return true;
        }

        ReadOnlySpan<byte> rest = line[(colon + 1)..].TrimStart((byte)' ');
        if (!ProcNumber.TryTake(ref rest, (byte)' ', out ulong kibibytes, MaxBytes / 1024))
        {
            return false;
        }

        Set(field, (long)kibibytes * 1024);
        return true;
    }

    /// <summary>Adds the figures of another mapping.</summary>
    public void Add(in SmapsFigures other)
    {
        for (int field = 0; field < FieldCount; field++)
        {
            if (other[(SmapsField)field] is { } bytes)
            {
                Set(field, Math.Min(_bytes[field] + bytes, MaxBytes));
            }
        }
    }

    /// <summary>The same figures; 0 where the sum of selected mappings is empty.</summary>
    public readonly SmapsFigures WithZeros()
    {
        SmapsFigures figures = this;
        figures._present = IsEmpty ? uint.MaxValue & ~RollupOnly : _present;
        return figures;
    }

    private void Set(int field, long bytes)
    {
        _bytes[field] = bytes;
        _present |= 1U << field;
    }

    // The kernel always writes the lines in the same order, so the next field is mostly the next name.
    private int Find(ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < FieldCount; i++)
        {
            int field = (_next + i) % FieldCount;
            if (name.SequenceEqual(s_names[field]))
            {
                _next = field + 1;
                return field;
            }
        }

        return -1;
    }

    [InlineArray(FieldCount)]
    private struct Values
    {
        private long _first;
    }
}
