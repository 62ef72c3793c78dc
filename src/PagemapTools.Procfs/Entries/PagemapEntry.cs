namespace PagemapTools.Procfs.Entries;

/// <summary>One word of /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst), decoded on demand.</summary>
/// <param name="Raw">The kernel's word. Bits 55 to 60 have this meaning since Linux 4.2.</param>
public readonly record struct PagemapEntry(ulong Raw)
{
    internal const ulong PresentBit = 1UL << 63;
    internal const ulong SwapBit = 1UL << 62;
    internal const ulong FileBit = 1UL << 61;
    internal const ulong GuardBit = 1UL << 58;
    internal const ulong UffdWriteProtectedBit = 1UL << 57;
    internal const ulong ExclusiveBit = 1UL << 56;
    internal const ulong SoftDirtyBit = 1UL << 55;
    internal const ulong PfnMask = SoftDirtyBit - 1;
    private const int SwapTypeBits = 5;
    private const ulong SwapTypeMask = (1UL << SwapTypeBits) - 1;
    private const ulong UnnamedBits = (1UL << 59) | (1UL << 60);

    /// <summary>Bit 63: in memory.</summary>
    public bool IsPresent => (Raw & PresentBit) != 0;

    /// <summary>Bit 62: an entry in swap format, which a page that is swapped out has, and also markers and moving pages.</summary>
    public bool IsSwapFormat => (Raw & SwapBit) != 0;

    /// <summary>Bit 61: a page of a file, or shared anonymous memory (Linux 3.5).</summary>
    public bool IsFileOrSharedAnon => (Raw & FileBit) != 0;

    /// <summary>Bit 58: a guard region (Linux 6.15).</summary>
    public bool IsGuardRegion => (Raw & GuardBit) != 0;

    /// <summary>Bit 57: write-protected by userfaultfd (Linux 5.13).</summary>
    public bool IsUffdWriteProtected => (Raw & UffdWriteProtectedBit) != 0;

    /// <summary>Bit 56: mapped exactly once (Linux 4.2).</summary>
    public bool IsExclusive => (Raw & ExclusiveBit) != 0;

    /// <summary>Bit 55: written since soft-dirty was last cleared.</summary>
    public bool IsSoftDirty => (Raw & SoftDirtyBit) != 0;

    /// <summary>The page frame number; null if the page is not present, or if the kernel hides it (without CAP_SYS_ADMIN it reads 0; no process maps frame 0).</summary>
    public ulong? Pfn => IsPresent && RawPfn != 0 ? RawPfn : null;

    /// <summary>Bits 0 to 4 of an entry in swap format; null otherwise, or if hidden.</summary>
    public int? SwapType => HasVisibleSwapFields ? (int)(Raw & SwapTypeMask) : null;

    /// <summary>Bits 5 to 54 of an entry in swap format: pages into the swap area, or what a marker or a moving page keeps there; null otherwise, or if hidden.</summary>
    public ulong? SwapOffset => HasVisibleSwapFields ? RawPfn >> SwapTypeBits : null;

    /// <summary>The bits that have no meaning yet (59 and 60), where they stand; 0 if none is set.</summary>
    public ulong UnknownBits => Raw & UnnamedBits;

    internal ulong RawPfn => Raw & PfnMask;

    // Offset 0 of a swap area is its header, and a marker's offset is never 0: all zero means hidden.
    private bool HasVisibleSwapFields => !IsPresent && IsSwapFormat && RawPfn != 0;

    /// <summary>What the page is, by the machine's swap types.</summary>
    public PageState GetState(SwapTypes types)
    {
        if (IsPresent)
        {
            return PageState.Present;
        }

        if (!IsSwapFormat)
        {
            // Of hugetlb pages a marker is shown without bit 62 (fs/proc/task_mmu.c, pagemap_hugetlb_range).
            return IsUffdWriteProtected ? PageState.UffdMarker : PageState.Unpopulated;
        }

        if (IsGuardRegion)
        {
            return PageState.Guard;
        }

        return RawPfn == 0 ? PageState.Hidden : types.Classify((int)(Raw & SwapTypeMask), RawPfn >> SwapTypeBits);
    }
}
