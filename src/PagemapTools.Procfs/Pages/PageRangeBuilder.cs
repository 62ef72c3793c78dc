using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Pages;

/// <summary>Joins pages that follow one another and are alike in all that is known of them into ranges. Retains one range at a time.</summary>
/// <param name="ignorePfn">
/// Whether pages are joined by address, mapping, state and what else is known of them alone, whatever page frames and swap offsets
/// they have; the compound marks of a large page do not split it then.
/// </param>
public sealed class PageRangeBuilder(bool ignorePfn = false)
{
    private const KPageFlags Compound = KPageFlags.COMPOUND_HEAD | KPageFlags.COMPOUND_TAIL;

    private readonly KPageFlags _ignoredFlags = ignorePfn ? Compound : KPageFlags.None;
    private PageRange? _range;
    private PageInfo? _last;

    /// <summary>Adds a page.</summary>
    /// <returns>The range before the page, if the page does not extend it; else null.</returns>
    public PageRange? Add(PageInfo page)
    {
        if (_range is not null && Extends(page))
        {
            _range.PageCount++;
            _last = page;
            return null;
        }

        PageRange? finished = _range;
        _range = PageRange.Create(page, ignorePfn);
        _last = page;
        return finished;
    }

    /// <summary>Returns the last range; null if no page was added since the last call.</summary>
    public PageRange? Complete()
    {
        PageRange? last = _range;
        _range = null;
        return last;
    }

    private bool Extends(PageInfo page) =>
        ExtendsProcess(page as ProcessPageInfo, _last as ProcessPageInfo)
        && ((ignorePfn && page is ProcessPageInfo) || FollowsInFrame(page, _last!))
        && page.IsLike(_last!, _ignoredFlags);

    // Flags are compared as they are shown, with the bits of the entry under raw; the entries' own bits have to be the same.
    private bool ExtendsProcess(ProcessPageInfo? page, ProcessPageInfo? last)
    {
        if (page is null || last is null)
        {
            return page is null && last is null;
        }

        return ReferenceEquals(page.Mapping, last.Mapping)
            && page.Address == last.Address + PageGeometry.PageSize
            && (page.Entry.Raw & ~PagemapEntry.PfnMask) == (last.Entry.Raw & ~PagemapEntry.PfnMask)
            && page.Resolved == last.Resolved
            && (!ignorePfn || (page.State == last.State && page.SwapType == last.SwapType));
    }

    private static bool FollowsInFrame(PageInfo page, PageInfo last)
    {
        if (page.Pfn is { } pfn && last.Pfn is { } lastPfn)
        {
            return pfn == lastPfn + 1;
        }

        (PagemapEntry entry, PagemapEntry lastEntry) = (page.Entry, last.Entry);
        return page.Pfn == last.Pfn && entry.SwapType == lastEntry.SwapType
            && (entry.SwapOffset is not { } offset || lastEntry.SwapOffset is not { } lastOffset
                || offset == (IsMarker(page) ? lastOffset : lastOffset + 1));
    }

    // A marker keeps its kind where a swapped page has its offset.
    private static bool IsMarker(PageInfo page) => page is ProcessPageInfo { State: not PageState.Swapped };
}
