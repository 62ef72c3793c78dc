namespace PagemapTools.Procfs;

/// <summary>
/// Counts by /proc/kpagecount, the procedure of pagemap.rst: a frame mapped once is the process's own, and one that counts 0, the
/// zero page or one without a struct page, is nobody's.
/// </summary>
internal sealed class MapCountCounter(ProcessMemory process, Func<MemoryMapping, bool> isHugetlb, MapCounts counts)
    : UssCounter(process, isHugetlb)
{
    public override void Dispose() => counts.Dispose();

    protected override void CountPages(MemoryMapping mapping, ulong address, ReadOnlySpan<ulong> entries, ref UssTally tally)
    {
        ulong page = PageGeometry.PageSize << UssTally.PssShift;
        foreach (ulong count in counts.Read(entries, without: 0))
        {
            if (count == MapCounts.SharedByUnknown)
            {
                tally.Resident++;
                tally.IsPssUnknown = true;
            }
            else if (count is not 0 and not PfnRuns.Unknown)
            {
                tally.Resident++;
                tally.Private += count == 1 ? 1 : 0;

                // Truncated page by page, as smaps_account does.
                tally.PssFixedPoint += page / count;
            }
        }

        tally.IsUnknown |= counts.MetHidden;
        CountSwapped(entries, Process.SwapTypes, ref tally);
    }
}
