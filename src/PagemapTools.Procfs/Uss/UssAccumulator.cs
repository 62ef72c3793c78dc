using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Uss;

/// <summary>The figures of a measurement that are unknown.</summary>
[Flags]
internal enum UnknownParts
{
    None = 0,

    /// <summary>Page frame numbers are hidden from a method that needs them, or the kernel does not show which hugetlb pages are private.</summary>
    Uss = 1,

    /// <summary>Page frame numbers are hidden, or the kernel does not show how many mappings share a page frame.</summary>
    Pss = 2,

    /// <summary>Page frame numbers are hidden, and the kernel does not report the zero page in another way.</summary>
    Rss = 4,

    /// <summary>The kernel hides the swap type of an entry, or the caller may not examine swapped-out shared memory.</summary>
    Swap = 8,

    /// <summary>The kernel hides the swap type of an entry, and lists no swap area. Only status shows whether the process has swapped-out memory.</summary>
    SwapWithoutArea = 16,
}

/// <summary>The sums of a process or of a mapping, in pages unless a field says otherwise.</summary>
internal struct UssAccumulator
{
    /// <summary>The fraction bits of <see cref="PssFixedPoint"/> (fs/proc/task_mmu.c, PSS_SHIFT).</summary>
    public const int PssShift = 12;

    public long Private;
    public long PrivateHugetlb;
    public long Resident;
    public long Hugetlb;
    public long Swapped;

    /// <summary>PSS in bytes, shifted left by <see cref="PssShift"/>.</summary>
    public ulong PssFixedPoint;
    public UnknownParts Unknown;

    /// <summary>Adds the sums of another part.</summary>
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
    /// Counts hugetlb pages by bit 56. kpagecount does not show which are private: it counts page tables, and a page table that several
    /// processes share counts once (mm/hugetlb.c, huge_pmd_share).
    /// </summary>
    /// <param name="entries">Entries of a mapping of hugetlb pages.</param>
    /// <param name="isExclusiveBitValid">Whether bit 56 shows which pages are private; if not, only <see cref="Hugetlb"/> is counted.</param>
    public void CountHugetlb(ReadOnlySpan<ulong> entries, bool isExclusiveBitValid)
    {
        ulong privateBits = PagemapEntry.PresentBit | PagemapEntry.ExclusiveBit;
        foreach (ulong entry in entries)
        {
            Hugetlb += (entry & PagemapEntry.PresentBit) != 0 ? 1 : 0;
            PrivateHugetlb += isExclusiveBitValid && (entry & privateBits) == privateBits ? 1 : 0;
        }
    }

    /// <summary>Counts a page by the map count of its frame. A frame with the count 0 (the zero page, or one without a struct page) belongs to no process.</summary>
    public void CountMapped(ulong mapCount)
    {
        if (mapCount == MapCountReader.SharedUnknownCount)
        {
            Resident++;
            Unknown |= UnknownParts.Pss;
        }
        else if (mapCount is not 0 and not PfnBatchReader.NoValue)
        {
            Resident++;

            // Each quotient is truncated, as in smaps_account (fs/proc/task_mmu.c).
            PssFixedPoint += (PageGeometry.PageSize << PssShift) / mapCount;
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

            Unknown |= state != PageState.Hidden ? UnknownParts.None : types.HasAreas ? UnknownParts.Swap : UnknownParts.SwapWithoutArea;
        }
    }

    // smaps adds such a page to PSS in full, even if several processes share it (fs/proc/task_mmu.c, smaps_account).
    private void CountPfnSwapEntry(bool isPrivate)
    {
        Resident++;
        Private += isPrivate ? 1 : 0;
        PssFixedPoint += PageGeometry.PageSize << PssShift;
    }
}
