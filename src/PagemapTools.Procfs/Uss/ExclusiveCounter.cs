using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs;

/// <summary>
/// Counts by bit 56. What is present, not exclusive and not of a file is either anonymous memory that a fork shares, or a frame that
/// the kernel does not account: the zero page, or one without a struct page. The count of the frame tells them apart: 0 for the
/// latter. Where frames are hidden PAGEMAP_SCAN finds the zero page (Linux 6.7).
/// </summary>
internal sealed class ExclusiveCounter(ProcessMemory process, Func<MemoryMapping, bool> isHugetlb, MapCounts? counts)
    : UssCounter(process, isHugetlb)
{
    private const int RegionsPerScan = 64;

    private readonly PagemapScan _scan = new(process.Pagemap);

    public override void Dispose() => counts?.Dispose();

    protected override void CountPages(MemoryMapping mapping, ulong address, ReadOnlySpan<ulong> entries, ref UssTally tally)
    {
        // The huge zero page reads as a page of a file (bit 61), also in anonymous memory.
        int fileShift = mapping.HoldsPagesOfFile ? 61 : 56;
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
            if (!CountByFrames(entries, PagemapEntry.ExclusiveBit | (1UL << fileShift), ref tally))
            {
                CountByScan(address, entries.Length, present - settled, ref tally);
            }
        }

        if ((any & PagemapEntry.SwapBit) != 0)
        {
            CountSwapped(entries, Process.SwapTypes, ref tally);
        }
    }

    /// <summary>Counts the doubtful pages whose frames are mapped; false, and nothing counted, where frames are hidden.</summary>
    private bool CountByFrames(ReadOnlySpan<ulong> entries, ulong settled, ref UssTally tally)
    {
        if (counts is null)
        {
            return false;
        }

        long resident = 0;
        foreach (ulong count in counts.Read(entries, without: settled))
        {
            resident += count is not 0 and not PfnRuns.Unknown ? 1 : 0;
        }

        tally.Resident += counts.MetHidden ? 0 : resident;
        return !counts.MetHidden;
    }

    private void CountByScan(ulong address, int pages, long doubtful, ref UssTally tally)
    {
        Span<PageRegion> regions = stackalloc PageRegion[RegionsPerScan];
        ulong end = address + PageGeometry.AddressOf((ulong)pages);
        while (address < end)
        {
            int count = _scan.Find(address, end, PageCategories.ZeroPage, PageCategories.None, regions, out address);
            if (count < 0)
            {
                tally.IsRssUnknown = true;
                return;
            }

            foreach (PageRegion region in regions[..count])
            {
                doubtful -= (long)PageGeometry.PageOf(region.End - region.Start);
            }
        }

        tally.Resident += Math.Max(0, doubtful);
    }
}
