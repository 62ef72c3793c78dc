namespace PagemapTools.Procfs;

/// <summary>
/// Counts by bit 56. What is present, not exclusive and not of a file is either anonymous memory that a fork shares, or a frame that
/// the kernel does not account: the zero page, or one without a struct page. The count of the frame tells them apart: 0 for the
/// latter.
/// </summary>
internal sealed class ExclusiveCounter(ProcessMemory process, Func<MemoryMapping, bool> isHugetlb, PageEntryFile? kpagecount)
    : UssCounter(process, isHugetlb)
{
    private readonly MapCounts? _counts = kpagecount is null ? null : new MapCounts(kpagecount);

    public override void Dispose() => _counts?.Dispose();

    protected override void CountPages(MemoryMapping mapping, ReadOnlySpan<ulong> entries, ref UssTally tally)
    {
        // The huge zero page reads as a page of a file (bit 61), also in anonymous memory.
        int fileShift = mapping.Inode != 0 ? 61 : 56;
        long present = 0;
        long exclusive = 0;
        long settled = 0;
        ulong any = 0;
        foreach (ulong entry in entries)
        {
            // Branch-free: bit 63 is present, 56 exclusive, 61 file.
            ulong isPresent = entry >> 63;
            present += (long)isPresent;
            exclusive += (long)(isPresent & (entry >> 56));
            settled += (long)(isPresent & ((entry >> 56) | (entry >> fileShift)));
            any |= entry;
        }

        tally.Private += exclusive;
        tally.Resident += settled;
        if (present > settled && mapping.Kind != MappingKind.Vvar)
        {
            CountDoubtful(entries, PagemapEntry.ExclusiveBit | (1UL << fileShift), ref tally);
        }

        if ((any & PagemapEntry.SwapBit) != 0)
        {
            CountSwapped(entries, ref tally);
        }
    }

    protected override void CountHugetlb(ReadOnlySpan<ulong> entries, ref UssTally tally)
    {
        foreach (ulong entry in entries)
        {
            ulong isPresent = entry >> 63;
            tally.Hugetlb += (long)isPresent;
            tally.PrivateHugetlb += (long)(isPresent & (entry >> 56));
        }
    }

    private void CountDoubtful(ReadOnlySpan<ulong> entries, ulong settled, ref UssTally tally)
    {
        if (_counts is null)
        {
            tally.IsRssUnknown = true;
            return;
        }

        foreach (ReadOnlySpan<ulong> batch in new MapCounts.Batches(entries))
        {
            ReadOnlySpan<ulong> counts = _counts.Read(batch, without: settled);
            foreach (ulong count in counts)
            {
                tally.Resident += count is not 0 and not PfnRuns.Unknown ? 1 : 0;
            }

            tally.IsRssUnknown |= _counts.MetHidden;
        }
    }
}
