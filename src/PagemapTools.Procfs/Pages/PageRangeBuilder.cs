using System.Runtime.ExceptionServices;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Pages;

/// <summary>Joins pages that follow one another and are alike in every property that was read into ranges. Stores one range at a time.</summary>
/// <param name="ignorePfn">
/// Whether pages of a process are joined by address, mapping, state and their other properties alone, without regard to page frame
/// numbers and swap offsets; the compound flags of a large page then do not split a range.
/// </param>
public sealed class PageRangeBuilder(bool ignorePfn = false)
{
    private readonly KPageFlags _ignoredFlags = ignorePfn ? KPageFlagsDecoder.Compound : KPageFlags.None;
    private PageRange? _range;

    /// <summary>Adds a page.</summary>
    /// <returns>The range before the page, if the page does not extend it; else null.</returns>
    public PageRange? Add(PageInfo page) => Add(in page.Values);

    /// <summary>Adds pages.</summary>
    /// <param name="pages">The pages. If they come from <see cref="PageReading"/>, the ranges are made without an object for each page.</param>
    /// <returns>
    /// The ranges that further pages cannot extend. The last range comes from <see cref="Complete"/>. If the reading of the pages fails, the
    /// range that the failure cuts short comes before the exception.
    /// </returns>
    public IEnumerable<PageRange> Add(IEnumerable<PageInfo> pages)
    {
        using IEnumerator<PageRange> ranges = (pages is IPageSequence sequence ? sequence.Join(this) : Join(pages)).GetEnumerator();
        ProcfsException? failure;
        while (TryMoveNext(ranges, out failure))
        {
            yield return ranges.Current;
        }

        if (failure is null)
        {
            yield break;
        }

        if (Complete() is { } last)
        {
            yield return last;
        }

        ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Returns the last range; null if no page was added since the last call.</summary>
    public PageRange? Complete()
    {
        PageRange? last = _range;
        _range = null;
        return last;
    }

    /// <summary>Whether a page extends the current range.</summary>
    internal bool CanExtend(in PageValues page) => _range is not null && Extends(page, _range.Values, (ulong)_range.PageCount);

    internal PageRange? Add(in PageValues page)
    {
        if (_range is not null && CanExtend(page))
        {
            _range.PageCount++;
            return null;
        }

        PageRange? finished = _range;
        _range = PageRange.Create(page, ignorePfn);
        return finished;
    }

    private static bool TryMoveNext(IEnumerator<PageRange> ranges, out ProcfsException? failure)
    {
        failure = null;
        try
        {
            return ranges.MoveNext();
        }
        catch (ProcfsException exception)
        {
            failure = exception;
            return false;
        }
    }

    private IEnumerable<PageRange> Join(IEnumerable<PageInfo> pages)
    {
        foreach (PageInfo page in pages)
        {
            if (Add(page) is { } range)
            {
                yield return range;
            }
        }
    }

    private bool Extends(in PageValues page, in PageValues first, ulong length)
    {
        if (!ReferenceEquals(page.Mapping, first.Mapping))
        {
            return false;
        }

        bool follows = page.Mapping is null
            ? FollowsInFrame(page, first, length)
            : ExtendsProcess(page, first, length) && (ignorePfn ? IsSameSwap(page, first) : FollowsInFrame(page, first, length));
        return follows && page.HasSameFrameProperties(first, page.Mapping is null ? KPageFlags.None : _ignoredFlags);
    }

    // The flags that are shown as raw include bits of the entry, so these bits have to be equal.
    private static bool ExtendsProcess(in PageValues page, in PageValues first, ulong length) =>
        page.Address == first.Address + PageGeometry.ToAddress(length)
        && ((page.Entry.Raw ^ first.Entry.Raw) & ~PagemapEntry.PfnMask) == 0
        && page.ResolvedState == first.ResolvedState;

    private static bool IsSameSwap(in PageValues page, in PageValues first) =>
        page.Entry.IsPresent || (page.Entry.SwapType == first.Entry.SwapType && page.State == first.State);

    private static bool FollowsInFrame(in PageValues page, in PageValues first, ulong length)
    {
        if (page.Pfn is { } pfn && first.Pfn is { } firstPfn)
        {
            return pfn == firstPfn + length;
        }

        return page.RawPfn == first.RawPfn && page.Entry.SwapType == first.Entry.SwapType
            && (page.Entry.SwapOffset is not { } offset || first.Entry.SwapOffset is not { } firstOffset
                || offset == (IsMarker(page) ? firstOffset : firstOffset + length));
    }

    // A marker has its kind in the bits that hold the offset of a swapped page.
    private static bool IsMarker(in PageValues page) => page.State is not PageState.Swapped;
}
