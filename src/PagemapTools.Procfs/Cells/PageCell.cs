namespace PagemapTools.Procfs.Cells;

/// <summary>The number of pages of one category in a cell.</summary>
/// <param name="Category">The index in <see cref="PageCellMap.Categories"/>.</param>
/// <param name="PageCount">The number of pages.</param>
public readonly record struct PageCellCount(int Category, long PageCount);

/// <summary>A run of neighbouring pages of a process, or page frames of the machine, and how many of them are in each category.</summary>
public sealed class PageCell
{
    private PageCellCount[] _counts = [];
    private int _length;

    internal PageCell(ulong firstPage, ulong endPage, int category, long pages, ulong hash = 0, bool isGap = false)
    {
        FirstPage = firstPage;
        EndPage = endPage;
        IsGap = isGap;

        // The sum of hash * (2n + 1) over all pages n.
        Hash = hash * ((endPage * endPage) - (firstPage * firstPage));
        Add(category, pages);
    }

    /// <summary>The first page: the address divided by the size of a page, or the page frame number.</summary>
    public ulong FirstPage { get; private set; }

    /// <summary>The page after the last one.</summary>
    public ulong EndPage { get; private set; }

    /// <summary>The number of pages. It is smaller than the distance from first to last where a cell spans the space between mappings.</summary>
    public long PageCount { get; private set; }

    /// <summary>Whether the cell stands for a gap: any number of pages of a mapping, none of which is populated.</summary>
    public bool IsGap { get; }

    /// <summary>The number of pages in each category that occurs.</summary>
    public IReadOnlyList<PageCellCount> Counts => new ArraySegment<PageCellCount>(_counts, 0, _length);

    /// <summary>The populated category with most pages; null in a gap.</summary>
    public PageCellCount? Dominant
    {
        get
        {
            PageCellCount? best = null;
            for (int i = 0; i < _length; i++)
            {
                best = _counts[i].Category != CellCategories.Empty && !(_counts[i].PageCount <= best?.PageCount) ? _counts[i] : best;
            }

            return best;
        }
    }

    /// <summary>A sum over the words of the pages, which changes if one of them does.</summary>
    internal ulong Hash { get; private set; }

    /// <summary>Gets the number of pages in a category.</summary>
    /// <param name="category">The index in <see cref="PageCellMap.Categories"/>.</param>
    public long GetPageCount(int category) => Counts.FirstOrDefault(count => count.Category == category).PageCount;

    /// <summary>Mixes the bits of a word.</summary>
    internal static ulong HashWord(ulong word)
    {
        ulong mixed = (word + 1) * 0x9E3779B97F4A7C15;
        return mixed ^ (mixed >> 32);
    }

    /// <summary>Adds pages of the same cell.</summary>
    internal void Add(int category, long pages)
    {
        PageCount += pages;
        for (int i = 0; i < _length; i++)
        {
            if (_counts[i].Category == category)
            {
                _counts[i] = new PageCellCount(category, _counts[i].PageCount + pages);
                return;
            }
        }

        if (_length == _counts.Length)
        {
            Array.Resize(ref _counts, (2 * _length) + 1);
        }

        _counts[_length++] = new PageCellCount(category, pages);
    }

    /// <summary>Adds the pages of a cell behind this one, or before it.</summary>
    internal void Add(PageCell other)
    {
        foreach (PageCellCount count in other._counts.AsSpan(0, other._length))
        {
            Add(count.Category, count.PageCount);
        }

        FirstPage = Math.Min(FirstPage, other.FirstPage);
        EndPage = Math.Max(EndPage, other.EndPage);
        Hash += other.Hash;
    }

    /// <summary>Removes pages from the beginning or the end of a gap, and returns them as a gap of their own; null if there are none there.</summary>
    internal PageCell? Cut(ulong firstPage, ulong endPage)
    {
        long pages = firstPage < endPage ? Math.Min((long)(endPage - firstPage), PageCount) : 0;
        if (pages == 0)
        {
            return null;
        }

        (FirstPage, EndPage) = firstPage == FirstPage ? (endPage, EndPage) : (FirstPage, firstPage);
        Add(CellCategories.Empty, -pages);
        return new PageCell(firstPage, endPage, CellCategories.Empty, pages, isGap: true);
    }

    /// <summary>Moves all pages of one category to another.</summary>
    internal void Move(int from, int to)
    {
        for (int i = 0; i < _length; i++)
        {
            _counts[i] = _counts[i].Category == from ? _counts[i] with { Category = to } : _counts[i];
        }
    }
}
