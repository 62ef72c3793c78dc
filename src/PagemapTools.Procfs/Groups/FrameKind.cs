namespace PagemapTools.Procfs.Groups;

/// <summary>What a page frame holds, and what becomes of it when the last process of its group ends.</summary>
internal enum FrameKind : byte
{
    /// <summary>Anonymous memory, which is freed.</summary>
    Anonymous,

    /// <summary>A file on a disk that has a name or a holder outside the group. It stays in the page cache.</summary>
    KeptFile,

    /// <summary>A deleted file on a disk that only the group holds. It is freed.</summary>
    FreedFile,

    /// <summary>Shared memory, or a file on tmpfs, that has a name or a holder outside the group. It stays.</summary>
    KeptShmem,

    /// <summary>Shared memory without a name that only the group holds. It is freed.</summary>
    FreedShmem,

    /// <summary>Huge pages of hugetlb that return to their pool.</summary>
    HugetlbToPool,

    /// <summary>Huge pages of a hugetlbfs file that stays.</summary>
    KeptHugetlb,

    /// <summary>A page of the kernel that it maps into each process, as the vdso.</summary>
    Kernel,
}

/// <summary>Page frames by their kind.</summary>
internal struct KindTotals
{
    public const int Kinds = (int)FrameKind.Kernel + 1;

    private Counts _counts;

    public long this[FrameKind kind]
    {
        readonly get => _counts[(int)kind];
        set => _counts[(int)kind] = value;
    }

    public void Add(in KindTotals other)
    {
        for (int kind = 0; kind < Kinds; kind++)
        {
            _counts[kind] += other._counts[kind];
        }
    }

    [System.Runtime.CompilerServices.InlineArray(Kinds)]
    private struct Counts
    {
        private long _first;
    }
}
