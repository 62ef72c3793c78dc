using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Uss;

/// <summary>
/// The first phase of a measurement adds what the pagemap entries do not show. The entry of a swapped-out page of shared memory reads 0
/// (pagemap.rst, "Exceptions for Shared Memory"), so the file of the mapping is examined. If mincore is ambiguous (before Linux 6.5,
/// which added cachestat, and on overlays), smaps is read. Before Linux 6.12 bit 56 does not show whether processes share the page table of
/// a hugetlb page, but smaps does.
/// </summary>
/// <param name="process">The process.</param>
/// <param name="stores">Recognizes hugetlb pages and shared memory.</param>
/// <param name="release">The release of the kernel.</param>
/// <param name="capabilities">The capabilities of the caller.</param>
internal sealed class SharedMemoryCorrection(
    ProcessAddressSpace process, BackingStoreResolver stores, KernelRelease release, CallerCapabilities capabilities) : IDisposable
{
    // Without an active swap area no shared memory is swapped out.
    private readonly SharedMemoryResolver? _resolver = process.SwapTypes.HasAreas ? new SharedMemoryResolver(process, capabilities) : null;
    private readonly SmapsLookup _smaps = new(process);
    private readonly HashSet<MemoryMapping> _hugetlb = [];

    /// <summary>Examines a mapping and adds what its entries do not show. Only this method reads files on behalf of mappings.</summary>
    public void Accumulate(MemoryMapping mapping, ref UssAccumulator total, CancellationToken cancellationToken)
    {
        BackingStore store = stores.Find(mapping);
        if (_resolver is not null && store is BackingStore.Swap or BackingStore.Unknown)
        {
            long? pages = store == BackingStore.Swap ? CountSwapped(_resolver, mapping, cancellationToken) : CountSwappedBySmaps(mapping, cancellationToken);
            total.Swapped += pages ?? 0;
            total.Unknown |= pages is null ? UnknownParts.Swap : UnknownParts.None;
        }

        if (store != BackingStore.HugePages && !(store == BackingStore.Unknown && _smaps.HasHugetlb(mapping)))
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

    /// <summary>Whether processes may share page tables of a hugetlb mapping without effect on bit 56 (before Linux 6.12). The private pages of the mapping are then read from smaps.</summary>
    public bool MayUseSharedPmd(MemoryMapping mapping) => release.IsBefore(6, 12) && mapping.MayShareTables;

    public void Dispose() => _resolver?.Dispose();

    private long? CountSwapped(SharedMemoryResolver resolver, MemoryMapping mapping, CancellationToken cancellationToken)
    {
        long? pages = resolver.CountSwapped(mapping, out bool isAmbiguous, cancellationToken);
        return pages is not null && isAmbiguous ? CountSwappedBySmaps(mapping, cancellationToken) : pages;
    }

    // Swap of smaps includes the swap entries of the process, which the walk counts.
    private long? CountSwappedBySmaps(MemoryMapping mapping, CancellationToken cancellationToken) =>
        (_smaps.GetSwap(mapping) >> PageGeometry.PageShift) - (mapping.IsShared ? 0 : CountSwapEntries(mapping, cancellationToken));

    private long? CountSwapEntries(MemoryMapping mapping, CancellationToken cancellationToken)
    {
        UssAccumulator swap = default;
        using PageWalk walk = new(process, [new MappingPart(mapping, mapping.Start, mapping.End, PageCategories.Swapped)]);
        while (walk.MoveNext(cancellationToken))
        {
            swap.CountSwapEntries(walk.Entries, process.SwapTypes, arePfnEntriesPrivate: false);
        }

        return swap.Unknown.HasFlag(UnknownParts.Swap) ? null : swap.Swapped;
    }
}
