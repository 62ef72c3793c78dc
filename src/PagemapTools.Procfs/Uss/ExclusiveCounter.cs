using System.Numerics;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Uss;

/// <summary>
/// Counts by bit 56. A present page that is neither exclusive nor of a file is one of two: anonymous memory that a fork shares, or a page
/// frame that the kernel does not account (the zero page, or a page frame without a struct page). The map count of the second is 0. If
/// page frame numbers are hidden, PAGEMAP_SCAN finds the zero page (Linux 6.7). PSS needs the map counts of all pages that are not
/// exclusive.
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
        total.PssFixedPoint += (ulong)exclusive << (PageGeometry.PageShift + UssAccumulator.PssShift);

        // Pages of files are resident, whatever their map count is.
        ulong file = (1UL << fileShift) & ~PagemapEntry.ExclusiveBit;
        if (accounted > exclusive && !TryAddShared(entries, file, exclude: PagemapEntry.ExclusiveBit, ref total, out _))
        {
            total.Unknown |= UnknownParts.Pss;
        }

        if (present > accounted && mapping.Kind != MappingKind.Vvar)
        {
            if (TryAddShared(entries, require: 0, exclude: PagemapEntry.ExclusiveBit | file, ref total, out long resident))
            {
                total.Resident += resident;
            }
            else
            {
                total.Unknown |= UnknownParts.Pss;
                ResolveByPagemapScan(address, entries.Length, present - accounted, ref total);
            }
        }

        if ((any & PagemapEntry.SwapBit) != 0)
        {
            total.CountSwapEntries(entries, swapTypes, arePfnSwapEntriesPrivate);
        }
    }

    public void Dispose() => mapCounts?.Dispose();

    /// <summary>Adds the present pages with all bits <paramref name="require"/> and none of <paramref name="exclude"/> to PSS, and counts those whose map count is not 0.</summary>
    /// <returns>False, and nothing is added, if map counts or page frame numbers are hidden.</returns>
    private bool TryAddShared(ReadOnlySpan<ulong> entries, ulong require, ulong exclude, ref UssAccumulator total, out long resident)
    {
        resident = 0;
        if (mapCounts is null)
        {
            return false;
        }

        UssAccumulator shared = default;
        foreach (ulong count in mapCounts.Read(entries, exclude, require))
        {
            shared.CountMapped(count);
        }

        if (mapCounts.SawHiddenFrames)
        {
            return false;
        }

        resident = shared.Resident;
        total.PssFixedPoint += shared.PssFixedPoint;
        total.Unknown |= shared.Unknown;
        return true;
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
