namespace PagemapTools.Procfs;

/// <summary>
/// Adds what the entries of a mapping do not tell. The swapped-out pages of shared memory leave nothing in the page table (pagemap.rst,
/// "Exceptions for Shared Memory"): the file behind it is asked, and smaps where mincore cannot tell (before cachestat, Linux 6.5,
/// and on overlays); on a machine without an active swap area there are none. And on older kernels bit 56 does not tell whether
/// hugetlb pages are behind page tables that other processes share.
/// </summary>
internal sealed class UntoldFigures(ProcessMemory process, MemoryFileSystems fileSystems, SmapsFigures smaps) : IDisposable
{
    // The part of a mapping below one entry of the third level shares its page table (mm/hugetlb.c, huge_pmd_share).
    private static readonly ulong s_sharedTable = PageGeometry.PageSize * (PageGeometry.PageSize / 8) * (PageGeometry.PageSize / 8);

    private static readonly bool s_bitTellsSharedTables = !KernelRelease.Read(ProcRoot.Own).IsBefore(6, 12);

    private readonly SharedPages? _pages = process.SwapTypes.HasAreas ? new SharedPages(process) : null;
    private long _swapped;
    private long _privateHugetlb;
    private bool _isSwapUnknown;
    private bool _isPrivateUnknown;

    /// <summary>Whether bit 56 of hugetlb pages in this mapping is not to be believed: then this adds those that are private.</summary>
    public static bool MayShareTables(MemoryMapping mapping) =>
        !s_bitTellsSharedTables && mapping.IsShared && ((mapping.Start + s_sharedTable - 1) & ~(s_sharedTable - 1)) + s_sharedTable <= mapping.End;

    /// <summary>Passes the parts, whole mappings, on, and looks at each as it goes by.</summary>
    public IEnumerable<WalkPart> Watch(IEnumerable<WalkPart> parts, CancellationToken stop)
    {
        foreach (WalkPart part in parts)
        {
            if (_pages is not null && fileSystems.IsShmem(part.Mapping))
            {
                long? swapped = _pages.CountSwapped(part, out bool isDoubtful, stop);
                swapped = isDoubtful ? CountBySmaps(part.Mapping, stop) : swapped;
                _swapped += swapped ?? 0;
                _isSwapUnknown |= swapped is null || _pages.MetUnreadable;
            }

            if (MayShareTables(part.Mapping) && fileSystems.IsHugetlb(part.Mapping))
            {
                long? bytes = smaps.PrivateHugetlb(part.Mapping);
                _privateHugetlb += (bytes ?? 0) >> PageGeometry.PageShift;
                _isPrivateUnknown |= bytes is null;
            }

            yield return part;
        }
    }

    public void AddTo(ref UssTally tally)
    {
        tally.Swapped += _swapped;
        tally.IsSwapUnknown |= _isSwapUnknown;
        tally.PrivateHugetlb += _privateHugetlb;
        tally.IsPrivateUnknown |= _isPrivateUnknown;
    }

    public void Dispose() => _pages?.Dispose();

    // smaps counts the process's own swapped pages with those of the file; the walk counts them, too.
    private long? CountBySmaps(MemoryMapping mapping, CancellationToken stop) =>
        (smaps.Swap(mapping) >> PageGeometry.PageShift) - (mapping.IsShared ? 0 : CountOwn(mapping, stop));

    private long? CountOwn(MemoryMapping mapping, CancellationToken stop)
    {
        UssTally own = default;
        using PageWalk walk = new(process, [new WalkPart(mapping, mapping.Start, mapping.End, PageCategories.Swapped)]);
        while (walk.MoveNext(stop))
        {
            UssCounter.CountSwapped(walk.Entries, process.SwapTypes, ref own);
        }

        return own.IsSwapUnknown ? null : own.Swapped;
    }
}
