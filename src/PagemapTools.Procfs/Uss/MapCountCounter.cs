using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Uss;

/// <summary>
/// Counts by /proc/kpagecount, the procedure of pagemap.rst. A page frame with the count 1 is private. A page frame with the count 0 (the
/// zero page, or one without a struct page) belongs to no process.
/// </summary>
/// <param name="mapCounts">Reads map counts. This object disposes it.</param>
/// <param name="swapTypes">The swap types of the machine.</param>
/// <param name="arePfnSwapEntriesPrivate">Whether this kernel counts pages in PFN swap entries as private.</param>
internal sealed class MapCountCounter(MapCountReader mapCounts, SwapTypes swapTypes, bool arePfnSwapEntriesPrivate) : IUssCounter
{
    public void Count(MemoryMapping mapping, ulong address, ReadOnlySpan<ulong> entries, ref UssAccumulator total)
    {
        foreach (ulong count in mapCounts.Read(entries, exclude: 0))
        {
            total.Private += count == 1 ? 1 : 0;
            total.CountMapped(count);
        }

        total.Unknown |= mapCounts.SawHiddenFrames ? UnknownParts.Uss | UnknownParts.Pss | UnknownParts.Rss : UnknownParts.None;
        total.CountSwapEntries(entries, swapTypes, arePfnSwapEntriesPrivate);
    }

    public void Dispose() => mapCounts.Dispose();
}
