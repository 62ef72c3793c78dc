namespace PagemapTools.Procfs;

/// <summary>Pages counted, of a process or of a mapping.</summary>
internal struct UssTally
{
    /// <summary>The kernel's fixed point of PSS (fs/proc/task_mmu.c, PSS_SHIFT): bytes times 4096.</summary>
    public const int PssShift = 12;

    public long Private;
    public long PrivateHugetlb;
    public long Resident;
    public long Hugetlb;
    public ulong PssFixedPoint;
    public long Swapped;

    /// <summary>A frame number was hidden where the method needs it: nothing that rests on it is known.</summary>
    public bool IsUnknown;

    /// <summary>A page may be the zero page, and nothing that is readable can tell.</summary>
    public bool IsRssUnknown;

    /// <summary>The kernel does not say by how many a frame is shared.</summary>
    public bool IsPssUnknown;

    /// <summary>Which hugetlb pages are the process's own cannot be told.</summary>
    public bool IsPrivateUnknown;

    /// <summary>An entry in swap format had its type hidden, or swapped shared memory could not be looked up.</summary>
    public bool IsSwapUnknown;

    public void Add(in UssTally other)
    {
        Private += other.Private;
        PrivateHugetlb += other.PrivateHugetlb;
        Resident += other.Resident;
        Hugetlb += other.Hugetlb;
        PssFixedPoint += other.PssFixedPoint;
        Swapped += other.Swapped;
        IsUnknown |= other.IsUnknown;
        IsRssUnknown |= other.IsRssUnknown;
        IsPssUnknown |= other.IsPssUnknown;
        IsPrivateUnknown |= other.IsPrivateUnknown;
        IsSwapUnknown |= other.IsSwapUnknown;
    }
}
