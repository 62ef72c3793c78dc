using System.Numerics;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.HugePages;

/// <summary>
/// Counts the large folios of one mapping whose pages have entries of their own. The pages arrive in ascending order of address. A run is
/// a part of one folio whose page frames follow one another as its addresses do.
/// </summary>
internal sealed class FolioCounter(FolioExtents extents, HugePageTally tally, HugePageKind fileKind)
{
    private const ulong Head = (ulong)KPageFlags.COMPOUND_HEAD;
    private const ulong Anonymous = (ulong)KPageFlags.ANON;
    private const ulong Hugetlb = (ulong)KPageFlags.HUGE;

    private ulong _firstPage;
    private ulong _firstPfn;
    private ulong _firstFlags;
    private long _length;

    /// <summary>Adds the next page of a large folio.</summary>
    /// <param name="page">The index of the virtual page.</param>
    /// <param name="pfn">Its page frame number.</param>
    /// <param name="flags">The flags of that page frame.</param>
    public void Add(ulong page, ulong pfn, ulong flags)
    {
        bool isNeighbour = _length > 0 && page == _firstPage + (ulong)_length && pfn == _firstPfn + (ulong)_length;
        bool isHead = (flags & Head) != 0;
        if (isNeighbour && !isHead)
        {
            _length++;
            return;
        }

        // A head that follows shows that the folio before it ends there.
        CloseRun(isFollowedByHead: isNeighbour);
        (_firstPage, _firstPfn, _firstFlags, _length) = (page, pfn, flags, 1);
    }

    /// <summary>Counts the last run. Called at the end of the mapping, and where other pages come in between.</summary>
    public void Complete() => CloseRun(isFollowedByHead: false);

    private void CloseRun(bool isFollowedByHead)
    {
        if (_length == 0)
        {
            return;
        }

        if (FindGroup(isFollowedByHead) is { } group)
        {
            tally.Add(group, _length);
        }

        _length = 0;
    }

    /// <summary>Finds the group of the run; null if the kernel freed or split the folio under the reader.</summary>
    private HugePageGroup? FindGroup(bool isFollowedByHead)
    {
        HugePageKind kind = (_firstFlags & Hugetlb) != 0 ? HugePageKind.Hugetlb
            : (_firstFlags & Anonymous) != 0 ? HugePageKind.Anonymous
            : fileKind;
        bool isWhole = (_firstFlags & Head) != 0 && _length > 1 && BitOperations.IsPow2(_length)
            && (isFollowedByHead || !extents.IsTail(_firstPfn + (ulong)_length));
        if (isWhole)
        {
            return new HugePageGroup(kind, _length, IsAligned(_firstPage, _length), IsWhole: true, IsPmdMapped: false);
        }

        // The subtraction may wrap around: only the low bits of the result count.
        return extents.Find(_firstPfn) is { } folio
            ? new HugePageGroup(kind, folio.Pages, IsAligned(_firstPage - (_firstPfn - folio.Head), folio.Pages), IsWhole: false, IsPmdMapped: false)
            : null;
    }

    private static bool IsAligned(ulong page, long pages) => (page & (ulong)(pages - 1)) == 0;
}
