namespace PagemapTools.Procfs;

/// <summary>Counts runs of pagemap entries into a tally; one for each thread that walks.</summary>
internal abstract class UssCounter(ProcessMemory process, Func<MemoryMapping, bool> isHugetlb) : IDisposable
{
    private static readonly bool s_keptArePrivate = KernelRelease.Read(ProcRoot.Own).IsBefore(6, 11);

    private MemoryMapping? _lastMapping;
    private bool _lastIsHugetlb;

    protected ProcessMemory Process => process;

    /// <summary>Counts a run of entries of one mapping.</summary>
    public void Count(MemoryMapping mapping, ulong address, ReadOnlySpan<ulong> entries, ref UssTally tally)
    {
        if (!ReferenceEquals(mapping, _lastMapping))
        {
            _lastMapping = mapping;
            _lastIsHugetlb = isHugetlb(mapping);
        }

        if (_lastIsHugetlb)
        {
            CountHugetlb(entries, UntoldFigures.MayShareTables(mapping), ref tally);
        }
        else
        {
            CountPages(mapping, address, entries, ref tally);
        }
    }

    public abstract void Dispose();

    protected abstract void CountPages(MemoryMapping mapping, ulong address, ReadOnlySpan<ulong> entries, ref UssTally tally);

    /// <summary>Counts the entries in swap format; there are few, or there is much swapping going on.</summary>
    public static void CountSwapped(ReadOnlySpan<ulong> entries, SwapTypes types, ref UssTally tally)
    {
        foreach (ulong raw in entries)
        {
            if ((raw & (PagemapEntry.PresentBit | PagemapEntry.SwapBit)) == PagemapEntry.SwapBit)
            {
                PagemapEntry entry = new(raw);
                PageState state = entry.State(types);
                tally.Swapped += state == PageState.Swapped ? 1 : 0;
                if (types.KeepsFrame(state, entry))
                {
                    CountKept(ref tally);
                }

                // Without an active swap area nothing can be swapped out, whatever else is hidden.
                tally.IsSwapUnknown |= state == PageState.Hidden && types.HasAreas;
            }
        }
    }

    // By bit 56 alone: kpagecount counts page tables, and one that several processes share is one (mm/hugetlb.c, huge_pmd_share).
    private static void CountHugetlb(ReadOnlySpan<ulong> entries, bool mayShareTables, ref UssTally tally)
    {
        ulong privateBit = mayShareTables ? 0 : PagemapEntry.ExclusiveBit;
        foreach (ulong entry in entries)
        {
            ulong isPresent = entry >> 63;
            tally.Hugetlb += (long)isPresent;
            tally.PrivateHugetlb += isPresent != 0 && (entry & privateBit) != 0 ? 1 : 0;
        }
    }

    // By how many it is shared smaps does not ask: all of it is the process's, since Linux 6.11 as shared (fs/proc/task_mmu.c, smaps_account).
    private static void CountKept(ref UssTally tally)
    {
        tally.Resident++;
        tally.Private += s_keptArePrivate ? 1 : 0;
        tally.PssFixedPoint += PageGeometry.PageSize << UssTally.PssShift;
    }
}
