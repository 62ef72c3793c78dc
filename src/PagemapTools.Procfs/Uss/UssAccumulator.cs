using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Uss;

/// <summary>The figures that cannot be known.</summary>
[Flags]
internal enum UnknownParts
{
    None = 0,

    /// <summary>Frame numbers are hidden from a method that needs them, or the kernel does not tell which hugetlb pages are private.</summary>
    Uss = 1,

    /// <summary>Frame numbers are hidden, or the kernel does not tell how many mappings share a page frame.</summary>
    Pss = 2,

    /// <summary>Frame numbers are hidden, and nothing else tells the zero page from memory.</summary>
    Rss = 4,

    /// <summary>The kernel hides the swap type of an entry, or the caller may not examine swapped-out shared memory.</summary>
    Swap = 8,
}

/// <summary>Adds up the pages of a process or of a mapping.</summary>
internal struct UssAccumulator
{
    /// <summary>PSS is in bytes times 4096, the kernel's fixed-point format (fs/proc/task_mmu.c, PSS_SHIFT).</summary>
    public const int PssShift = 12;

    public long Private;
    public long PrivateHugetlb;
    public long Resident;
    public long Hugetlb;
    public long Swapped;
    public ulong PssFixedPoint;
    public UnknownParts Unknown;

    public void Add(in UssAccumulator other)
    {
        Private += other.Private;
        PrivateHugetlb += other.PrivateHugetlb;
        Resident += other.Resident;
        Hugetlb += other.Hugetlb;
        Swapped += other.Swapped;
        PssFixedPoint += other.PssFixedPoint;
        Unknown |= other.Unknown;
    }

    /// <summary>
    /// Counts hugetlb pages by bit 56. kpagecount does not tell private ones: it counts page tables, and one page table that several
    /// processes share is one (mm/hugetlb.c, huge_pmd_share).
    /// </summary>
    /// <param name="entries">Entries of a mapping of hugetlb pages.</param>
    /// <param name="isExclusiveBitValid">Whether bit 56 is right; if not, only <see cref="Hugetlb"/> is counted.</param>
    public void CountHugetlb(ReadOnlySpan<ulong> entries, bool isExclusiveBitValid)
    {
        ulong privateBits = PagemapEntry.PresentBit | PagemapEntry.ExclusiveBit;
        foreach (ulong entry in entries)
        {
            Hugetlb += (entry & PagemapEntry.PresentBit) != 0 ? 1 : 0;
            PrivateHugetlb += isExclusiveBitValid && (entry & privateBits) == privateBits ? 1 : 0;
        }
    }

    /// <summary>Counts the entries in swap format.</summary>
    /// <param name="entries">Entries of any kind.</param>
    /// <param name="types">The swap types of the machine.</param>
    /// <param name="arePfnEntriesPrivate">Whether this kernel counts pages in PFN swap entries as private.</param>
    public void CountSwapEntries(ReadOnlySpan<ulong> entries, SwapTypes types, bool arePfnEntriesPrivate)
    {
        foreach (ulong raw in entries)
        {
            if ((raw & (PagemapEntry.PresentBit | PagemapEntry.SwapBit)) != PagemapEntry.SwapBit)
            {
                continue;
            }

            PagemapEntry entry = new(raw);
            PageState state = entry.GetState(types);
            Swapped += state == PageState.Swapped ? 1 : 0;
            if (types.IsPfnSwapEntry(state, entry))
            {
                CountPfnSwapEntry(arePfnEntriesPrivate);
            }

            // Without an active swap area nothing is swapped out, even where the kernel hides the type.
            Unknown |= state == PageState.Hidden && types.HasAreas ? UnknownParts.Swap : UnknownParts.None;
        }
    }

    // smaps does not ask how many share such a page: all of it is in the PSS of this process (fs/proc/task_mmu.c, smaps_account).
    private void CountPfnSwapEntry(bool isPrivate)
    {
        Resident++;
        Private += isPrivate ? 1 : 0;
        PssFixedPoint += PageGeometry.PageSize << PssShift;
    }
}
