using System.Numerics;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Uss;

/// <summary>
/// Counts by bit 56. A present page that is neither exclusive nor of a file is one of two: anonymous memory that a fork shares, or a page
/// frame that the kernel does not account (the zero page, or a page frame without a struct page). The map count of the second is 0. If
/// page frame numbers are hidden, PAGEMAP_SCAN finds the zero page (Linux 6.7).
/// </summary>
/// <param name="pagemap">The pagemap of the process.</param>
/// <param name="mapCounts">Reads map counts; null if the caller may not read them. This object disposes it.</param>
/// <param name="swapTypes">The swap types of the machine.</param>
/// <param name="arePfnSwapEntriesPrivate">Whether this kernel counts pages in PFN swap entries as private.</param>
internal sealed class ExclusiveCounter(PageIndexedFile pagemap, MapCountReader? mapCounts, SwapTypes swapTypes, bool arePfnSwapEntriesPrivate)
    : IUssCounter
{
    private const int RegionsPerScan = 64;

    private static readonly int s_presentShift = BitOperations.TrailingZeroCount(PagemapEntry.PresentBit);
    private static readonly int s_fileShift = BitOperations.TrailingZeroCount(PagemapEntry.FileBit);
    private static readonly int s_exclusiveShift = BitOperations.TrailingZeroCount(PagemapEntry.ExclusiveBit);

    private readonly PagemapScan _scan = new(pagemap);

    public void Count(MemoryMapping mapping, ulong address, ReadOnlySpan<ulong> entries, ref UssAccumulator total)
    {
        // The huge zero page has bit 61 even in anonymous memory.
        int fileShift = mapping.IsFileBacked ? s_fileShift : s_exclusiveShift;
        long present = 0;
        long exclusive = 0;
        long accounted = 0;
        ulong any = 0;
        foreach (ulong entry in entries)
        {
            // This loop has no branches.
            ulong isPresent = entry >> s_presentShift;
            ulong isExclusive = entry >> s_exclusiveShift;
            present += (long)isPresent;
            exclusive += (long)(isPresent & isExclusive);
            accounted += (long)(isPresent & (isExclusive | (entry >> fileShift)));
            any |= entry;
        }

        total.Private += exclusive;
        total.Resident += accounted;
        if (present > accounted && mapping.Kind != MappingKind.Vvar
            && !ResolveByMapCount(entries, PagemapEntry.ExclusiveBit | (1UL << fileShift), ref total))
        {
            ResolveByPagemapScan(address, entries.Length, present - accounted, ref total);
        }

        if ((any & PagemapEntry.SwapBit) != 0)
        {
            total.CountSwapEntries(entries, swapTypes, arePfnSwapEntriesPrivate);
        }
    }

    public void Dispose() => mapCounts?.Dispose();

    /// <summary>Counts the pages whose map count is not 0. False, and nothing is counted, if map counts or page frame numbers are hidden.</summary>
    private bool ResolveByMapCount(ReadOnlySpan<ulong> entries, ulong accountedMask, ref UssAccumulator total)
    {
        if (mapCounts is null)
        {
            return false;
        }

        long resident = 0;
        foreach (ulong count in mapCounts.Read(entries, excludeMask: accountedMask))
        {
            resident += count is not 0 and not PfnBatchReader.NoValue ? 1 : 0;
        }

        total.Resident += mapCounts.SawHiddenFrames ? 0 : resident;
        return !mapCounts.SawHiddenFrames;
    }

    /// <summary>Counts the possible zero pages that PAGEMAP_SCAN does not report as zero pages.</summary>
    private void ResolveByPagemapScan(ulong address, int pages, long possibleZeroPages, ref UssAccumulator total)
    {
        Span<PageRegion> regions = stackalloc PageRegion[RegionsPerScan];
        ulong end = address + PageGeometry.ToAddress((ulong)pages);
        long resident = possibleZeroPages;
        while (address < end)
        {
            int count = _scan.Scan(address, end, PageCategories.ZeroPage, PageCategories.None, regions, out address);
            if (count < 0)
            {
                total.Unknown |= UnknownParts.Rss;
                return;
            }

            foreach (PageRegion region in regions[..count])
            {
                resident -= (long)PageGeometry.ToPageIndex(region.End - region.Start);
            }
        }

        total.Resident += Math.Max(0, resident);
    }
}
