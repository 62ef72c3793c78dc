using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.HugePages;

/// <summary>
/// Separates what PMDs map from what has entries of its own, by PAGE_IS_HUGE of PAGEMAP_SCAN (Linux 6.7). It reads one entry for each PMD,
/// and the flags of the head alone. Not safe to use from several threads.
/// </summary>
internal sealed class PmdMappedPages(ProcessAddressSpace process, FolioExtents extents) : IDisposable
{
    private const ulong LargeFolio = (ulong)(KPageFlags.THP | KPageFlags.HUGE);
    private const ulong Tail = (ulong)KPageFlags.COMPOUND_TAIL;
    private const int RegionsPerScan = 512;

    // A window whose pages all have entries of their own takes the kernel about 150 ms.
    private const ulong Window = 64UL << 30;

    private static readonly long s_pmdPages = (long)(PageGeometry.PmdSize >> PageGeometry.PageShift);

    private readonly PagemapScan _scan = new(process.Pagemap);
    private readonly RentedArray<PageRegion> _rented = new(RegionsPerScan);

    /// <summary>Whether the kernel cannot scan the mapping that was separated last, so that no page of it is known to be mapped by a PMD.</summary>
    public bool IsUnknown { get; private set; }

    /// <summary>Counts what PMDs map of a mapping, and enumerates the rest of it.</summary>
    public IEnumerable<MappingPart> Separate(MemoryMapping mapping, HugePageTally tally, HugePageKind fileKind, CancellationToken cancellationToken)
    {
        IsUnknown = false;
        ulong position = mapping.Start;
        ulong scanned = RoundUp(mapping.Start) + PageGeometry.PmdSize <= mapping.End ? mapping.Start : mapping.End;
        while (scanned < mapping.End)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ulong end = Math.Min(mapping.End, scanned + Window);
            int count = _scan.Scan(
                scanned, end, PageCategories.Huge, PageCategories.Huge | PageCategories.File | PageCategories.ZeroPage, _rented.Array.AsSpan(0, RegionsPerScan), out ulong next);
            if (count < 0)
            {
                IsUnknown = true;
                break;
            }

            for (int i = 0; i < count; i++)
            {
                PageRegion region = _rented.Array[i];
                if (position < region.Start)
                {
                    yield return CreatePart(mapping, position, region.Start);
                }

                Count(region, tally, fileKind);
                position = region.End;
            }

            scanned = next;
        }

        if (position < mapping.End)
        {
            yield return CreatePart(mapping, position, mapping.End);
        }
    }

    /// <summary>Counts the pages of a mapping that are present, without reading entries; null if the kernel cannot scan.</summary>
    public long? CountPresent(MemoryMapping mapping, CancellationToken cancellationToken)
    {
        long bytes = 0;
        for (ulong position = mapping.Start; position < mapping.End;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = _scan.Scan(position, mapping.End, PageCategories.Present, PageCategories.None, _rented.Array.AsSpan(0, RegionsPerScan), out position);
            if (count < 0)
            {
                return null;
            }

            for (int i = 0; i < count; i++)
            {
                bytes += (long)(_rented.Array[i].End - _rented.Array[i].Start);
            }
        }

        return bytes >> PageGeometry.PageShift;
    }

    /// <summary>Returns the buffer to its pool.</summary>
    public void Dispose() => _rented.Dispose();

    private static ulong RoundUp(ulong address) => (address + PageGeometry.PmdSize - 1) & ~(PageGeometry.PmdSize - 1);

    private static MappingPart CreatePart(MemoryMapping mapping, ulong start, ulong end) => new(mapping, start, end, PageCategories.Present);

    private void Count(PageRegion region, HugePageTally tally, HugePageKind fileKind)
    {
        PageCategories categories = (PageCategories)region.Categories;
        if (categories.HasFlag(PageCategories.ZeroPage))
        {
            // The huge zero page is not resident.
            return;
        }

        HugePageKind kind = categories.HasFlag(PageCategories.File) ? fileKind : HugePageKind.Anonymous;
        HugePageGroup group = new(kind, s_pmdPages, IsAligned: true, IsWhole: true, IsPmdMapped: true);
        for (ulong address = region.Start; address < region.End; address += PageGeometry.PmdSize)
        {
            tally.ResidentPages += s_pmdPages;
            if (ReadHeadFlags(address) is { } flags && (flags & LargeFolio) != 0 && (flags & Tail) == 0)
            {
                tally.Add(group, s_pmdPages);
            }
        }
    }

    /// <summary>Reads the flags of the page frame at an address; null if the page was unmapped meanwhile, or if the kernel hides its number.</summary>
    private ulong? ReadHeadFlags(ulong address)
    {
        Span<ulong> entry = stackalloc ulong[1];
        return process.Pagemap.Read(PageGeometry.ToPageIndex(address), entry) == 1 && new PagemapEntry(entry[0]).Pfn is { } pfn ? extents.ReadFlags(pfn) : null;
    }
}
