namespace PagemapTools.Procfs;

/// <summary>Counts runs of pagemap entries into a tally; one for each thread that walks.</summary>
internal abstract class UssCounter(ProcessMemory process, Func<MemoryMapping, bool> isHugetlb) : IDisposable
{
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
            CountHugetlb(entries, ref tally);
        }
        else
        {
            CountPages(mapping, address, entries, ref tally);
        }
    }

    public abstract void Dispose();

    protected abstract void CountPages(MemoryMapping mapping, ulong address, ReadOnlySpan<ulong> entries, ref UssTally tally);

    protected abstract void CountHugetlb(ReadOnlySpan<ulong> entries, ref UssTally tally);

    /// <summary>Counts the entries in swap format; there are few, or there is much swapping going on.</summary>
    protected void CountSwapped(ReadOnlySpan<ulong> entries, ref UssTally tally)
    {
        foreach (ulong entry in entries)
        {
            if ((entry & (PagemapEntry.PresentBit | PagemapEntry.SwapBit)) == PagemapEntry.SwapBit)
            {
                PageState state = new PagemapEntry(entry).State(process.SwapTypes);
                tally.Swapped += state == PageState.Swapped ? 1 : 0;

                // Without an active swap area nothing can be swapped out, whatever else is hidden.
                tally.IsSwapUnknown |= state == PageState.Hidden && process.SwapTypes.Areas.Count > 0;
            }
        }
    }
}
