using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;
using PagemapTools.Procfs.Uss;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.HugePages;

/// <summary>Counts the large folios of one process, mapping by mapping. Not safe to use from several threads.</summary>
internal sealed class HugePageWalk : IDisposable
{
    private const ulong Thp = (ulong)KPageFlags.THP;
    private const ulong Hugetlb = (ulong)KPageFlags.HUGE;
    private const ulong ZeroPage = (ulong)KPageFlags.ZERO_PAGE;

    // Page frames that are no memory of the process: the zero page, and where there is no memory at all.
    private const ulong NotResident = (ulong)(KPageFlags.ZERO_PAGE | KPageFlags.NOPAGE | KPageFlags.HUGE);

    private readonly ProcRoot _root;
    private readonly ProcessAddressSpace _process;
    private readonly PageIndexedFile _kpageflags;
    private readonly BackingStoreResolver _stores;
    private readonly FolioExtents _extents;
    private readonly PmdMappedPages _pmdMapped;
    private readonly SmapsLookup _smaps;
    private readonly PfnBatchReader _reader = new();
    private readonly RentedArray<ulong> _pfns = new();
    private readonly RentedArray<ulong> _flags = new();

    public HugePageWalk(ProcfsContext procfs, ProcessAddressSpace process, BackingStoreCache stores)
    {
        _root = procfs.Root;
        _process = process;
        _kpageflags = procfs.Frames.Get(FrameProperties.Flags);
        _stores = new BackingStoreResolver(process, stores);
        _extents = new FolioExtents(_kpageflags);
        _pmdMapped = new PmdMappedPages(process, _extents);
        _smaps = new SmapsLookup(process);
    }

    /// <summary>Counts each mapping of the process that has resident pages.</summary>
    public IEnumerable<(MemoryMapping Mapping, HugePageTally Tally)> CountMappings(CancellationToken cancellationToken)
    {
        // No memory statistic counts the page frames of the vvar.
        foreach (MemoryMapping mapping in _process.ReadMappings().Where(mapping => mapping.HasPagemap && mapping.Kind != MappingKind.Vvar))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return (mapping, Count(mapping, cancellationToken));
        }
    }

    /// <summary>Returns the buffers to their pools.</summary>
    public void Dispose()
    {
        _extents.Dispose();
        _pmdMapped.Dispose();
        _reader.Dispose();
        _pfns.Dispose();
        _flags.Dispose();
    }

    private HugePageTally Count(MemoryMapping mapping, CancellationToken cancellationToken)
    {
        HugePageTally tally = new();
        if (mapping.IsFileBacked && _stores.IsHugetlb(mapping))
        {
            CountHugetlb(mapping, tally, cancellationToken);
            return tally;
        }

        HugePageKind fileKind = mapping.IsFileBacked && _stores.IsShmem(mapping) ? HugePageKind.Shmem : HugePageKind.File;
        FolioCounter folios = new(_extents, tally, fileKind);
        using PageWalk walk = new(_process, _pmdMapped.Separate(mapping, tally, fileKind, cancellationToken));
        while (walk.MoveNext(cancellationToken))
        {
            Count(PageGeometry.ToPageIndex(walk.Address), walk.Entries, folios, tally);
        }

        folios.Complete();
        if (_pmdMapped.IsUnknown)
        {
            MovePmdMapped(mapping, fileKind, tally);
        }

        return tally;
    }

    private void Count(ulong firstPage, ReadOnlySpan<ulong> entries, FolioCounter folios, HugePageTally tally)
    {
        Span<ulong> pfns = _pfns.EnsureCapacity(entries.Length).AsSpan(0, entries.Length);
        if (!TakePfns(entries, pfns))
        {
            return;
        }

        Memory<ulong> flags = _flags.EnsureCapacity(entries.Length).AsMemory(0, entries.Length);
        _reader.Coalesce(pfns);
        _reader.Read(_kpageflags, flags);
        for (int i = 0; i < pfns.Length; i++)
        {
            if (pfns[i] == PfnBatchReader.NoValue)
            {
                continue;
            }

            ulong word = flags.Span[i];
            bool isKnown = word != PfnBatchReader.NoValue;
            tally.ResidentPages += !isKnown || (word & NotResident) == 0 ? 1 : 0;
            if (isKnown && (word & (Thp | Hugetlb)) != 0 && (word & ZeroPage) == 0)
            {
                folios.Add(firstPage + (ulong)i, pfns[i], word);
            }
        }
    }

    /// <summary>Takes the page frame numbers of the pages that are present. False if none is.</summary>
    private bool TakePfns(ReadOnlySpan<ulong> entries, Span<ulong> pfns)
    {
        bool hasPresent = false;
        for (int i = 0; i < entries.Length; i++)
        {
            PagemapEntry entry = new(entries[i]);
            pfns[i] = !entry.IsPresent ? PfnBatchReader.NoValue : entry.Pfn ?? throw HiddenFrames.CreateException(_root);
            hasPresent |= entry.IsPresent;
        }

        return hasPresent;
    }

    // All pages of a mapping of hugetlb pages have the same size, and each is mapped whole.
    private void CountHugetlb(MemoryMapping mapping, HugePageTally tally, CancellationToken cancellationToken)
    {
        long? size = null;
        long pages = 0;
        long? scanned = _pmdMapped.CountPresent(mapping, cancellationToken);
        using PageWalk walk = new(_process, [new MappingPart(mapping, mapping.Start, mapping.End, PageCategories.Present)]);
        while (scanned != 0 && (size is null || scanned is null) && walk.MoveNext(cancellationToken))
        {
            foreach (ulong word in walk.Entries)
            {
                PagemapEntry entry = new(word);
                pages += entry.IsPresent ? 1 : 0;
                size ??= entry.IsPresent ? _extents.CountHugetlbPages(entry.Pfn ?? throw HiddenFrames.CreateException(_root)) : null;
            }
        }

        if (size is { } folioPages)
        {
            bool isPmdMapped = (ulong)folioPages << PageGeometry.PageShift >= PageGeometry.PmdSize;
            tally.Add(new HugePageGroup(HugePageKind.Hugetlb, folioPages, IsAligned: true, IsWhole: true, isPmdMapped), scanned ?? pages);
        }
    }

    // Before Linux 6.7 smaps has the bytes that PMDs map. The folios are large in the same way whether a PMD maps them or not.
    private void MovePmdMapped(MemoryMapping mapping, HugePageKind fileKind, HugePageTally tally)
    {
        long pmdPages = (long)(PageGeometry.PmdSize >> PageGeometry.PageShift);
        long anonymous = _smaps.GetFigure(mapping, SmapsField.AnonHugePages) ?? 0;
        long file = (_smaps.GetFigure(mapping, SmapsField.ShmemPmdMapped) ?? 0) + (_smaps.GetFigure(mapping, SmapsField.FilePmdMapped) ?? 0);
        tally.MoveToPmdMapped(HugePageKind.Anonymous, pmdPages, anonymous >> PageGeometry.PageShift);
        tally.MoveToPmdMapped(fileKind, pmdPages, file >> PageGeometry.PageShift);
    }
}
