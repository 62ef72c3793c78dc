using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Uss;

/// <summary>
/// The first phase of a measurement: what the pagemap entries of a mapping do not tell. A swapped-out page of shared memory leaves
/// nothing in the page table (pagemap.rst, "Exceptions for Shared Memory"), so the file behind the mapping is examined. Where mincore
/// is ambiguous (before cachestat, Linux 6.5, and on overlays) smaps is read. Before Linux 6.12 bit 56 does not tell whether processes
/// share the page table of a hugetlb page; smaps does.
/// </summary>
internal sealed class SharedMemoryCorrection(
    ProcessAddressSpace process, BackingStoreResolver stores, KernelRelease release, CallerCapabilities capabilities) : IDisposable
{
    // Processes share the page table of each part of a mapping that one entry of the third level covers (mm/hugetlb.c, huge_pmd_share).
    private static readonly ulong s_sharedPmdSize = PageGeometry.PageSize * (PageGeometry.PageSize / 8) * (PageGeometry.PageSize / 8);

    // Without an active swap area no shared memory is swapped out.
    private readonly SharedMemoryResolver? _resolver = process.SwapTypes.HasAreas ? new SharedMemoryResolver(process, capabilities) : null;
    private readonly SmapsReader _smaps = new(process);
    private readonly HashSet<MemoryMapping> _hugetlb = [];

    /// <summary>Examines a mapping and adds what its entries do not tell. All input and output on behalf of a mapping's file is here.</summary>
    public void Accumulate(MemoryMapping mapping, ref UssAccumulator total, CancellationToken cancellationToken)
    {
        if (_resolver is not null && stores.IsShmem(mapping))
        {
            long? pages = CountSwapped(_resolver, mapping, cancellationToken);
            total.Swapped += pages ?? 0;
            total.Unknown |= pages is null ? UnknownParts.Swap : UnknownParts.None;
        }

        if (!stores.IsHugetlb(mapping))
        {
            return;
        }

        _hugetlb.Add(mapping);
        if (MayUseSharedPmd(mapping))
        {
            long? bytes = _smaps.GetPrivateHugetlb(mapping);
            total.PrivateHugetlb += (bytes ?? 0) >> PageGeometry.PageShift;
            total.Unknown |= bytes is null ? UnknownParts.Uss : UnknownParts.None;
        }
    }

    /// <summary>Whether an examined mapping has hugetlb pages.</summary>
    public bool IsHugetlb(MemoryMapping mapping) => _hugetlb.Contains(mapping);

    /// <summary>Whether processes may share page tables of a hugetlb mapping, and bit 56 does not tell: then its private pages are counted here.</summary>
    public bool MayUseSharedPmd(MemoryMapping mapping) =>
        release.IsBefore(6, 12) && mapping.IsShared
        && ((mapping.Start + s_sharedPmdSize - 1) & ~(s_sharedPmdSize - 1)) + s_sharedPmdSize <= mapping.End;

    public void Dispose() => _resolver?.Dispose();

    private long? CountSwapped(SharedMemoryResolver resolver, MemoryMapping mapping, CancellationToken cancellationToken)
    {
        long? pages = resolver.CountSwapped(mapping, out bool isAmbiguous, cancellationToken);

        // Swap of smaps includes swapped-out pages of the process's own, which the walk counts.
        return pages is not null && isAmbiguous
            ? (_smaps.GetSwap(mapping) >> PageGeometry.PageShift) - (mapping.IsShared ? 0 : CountSwapEntries(mapping, cancellationToken))
            : pages;
    }

    private long? CountSwapEntries(MemoryMapping mapping, CancellationToken cancellationToken)
    {
        UssAccumulator own = default;
        using PageWalk walk = new(process, [new PageRun(mapping, mapping.Start, mapping.End, PageCategories.Swapped)]);
        while (walk.MoveNext(cancellationToken))
        {
            own.CountSwapEntries(walk.Entries, process.SwapTypes, arePfnEntriesPrivate: false);
        }

        return own.Unknown == UnknownParts.None ? own.Swapped : null;
    }
}
