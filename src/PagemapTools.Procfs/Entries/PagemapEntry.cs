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

    /// <summary>Bit 62: the entry is in swap format. The entries of swapped-out pages, PTE markers, and migration and device entries are.</summary>
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

    /// <summary>Bits 0 to 54 of a present page: the page frame number. Null if the page is not present, or if the kernel hides the number: without CAP_SYS_ADMIN it reads 0, and no process maps page frame 0.</summary>
    public ulong? Pfn => IsPresent && RawPfn != 0 ? RawPfn : null;

    /// <summary>Bits 0 to 4 of an entry in swap format: the swap type. Null if the entry is not in swap format, or if the kernel hides the type.</summary>
    public int? SwapType => HasVisibleSwapFields ? (int)(Raw & SwapTypeMask) : null;

    /// <summary>Bits 5 to 54 of an entry in swap format: the offset in the swap area in pages, the kind of a PTE marker, or the page frame number of a migration or device entry. Null if the entry is not in swap format, or if the kernel hides the offset.</summary>
    public ulong? SwapOffset => HasVisibleSwapFields ? RawPfn >> SwapTypeBits : null;

    /// <summary>Bits 59 and 60, which have no meaning yet, at their positions; 0 if neither is set.</summary>
    public ulong UnknownBits => Raw & UnnamedBits;

    internal ulong RawPfn => Raw & PfnMask;

    // Offset 0 of a swap area is its header, and the offset of a PTE marker is never 0. So 0 means that the kernel hides the fields.
    private bool HasVisibleSwapFields => !IsPresent && IsSwapFormat && RawPfn != 0;

    /// <summary>Gets the state of the page.</summary>
    /// <param name="types">The swap types of the machine.</param>
    public PageState GetState(SwapTypes types)
    {
        if (IsPresent)
        {
            return PageState.Present;
        }

        if (!IsSwapFormat)
        {
            // The kernel reports markers on hugetlb pages without bit 62 (fs/proc/task_mmu.c, pagemap_hugetlb_range).
            return IsUffdWriteProtected ? PageState.UffdMarker : PageState.Unpopulated;
        }

        if (IsGuardRegion)
        {
            return PageState.Guard;
        }

        return RawPfn == 0 ? PageState.Hidden : types.Classify((int)(Raw & SwapTypeMask), RawPfn >> SwapTypeBits);
    }
}
