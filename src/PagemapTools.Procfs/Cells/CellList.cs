namespace PagemapTools.Procfs.Cells;

/// <summary>
/// Cells in ascending order of pages. A cell begins at a multiple of its number of pages, a power of two. A gap is one cell, whatever its
/// length; the part of a gap within a populated cell belongs to that cell.
/// </summary>
/// <param name="shift">The number of pages of a cell, as a power of two.</param>
internal sealed class CellList(int shift)
{
    private readonly List<PageCell> _cells = [];

    public IReadOnlyList<PageCell> Cells => _cells;

    /// <summary>Adds a run of pages of one category.</summary>
    /// <param name="firstPage">The first page.</param>
    /// <param name="endPage">The page after the last one.</param>
    /// <param name="category">Their category.</param>
    /// <param name="hash">The hash of the word of each (<see cref="PageCell.HashWord"/>); 0 if changes do not matter.</param>
    public void AddRun(ulong firstPage, ulong endPage, int category, ulong hash)
    {
        for (ulong page = firstPage; page < endPage;)
        {
            ulong end = Math.Min(endPage, ((page >> shift) + 1) << shift);
            Add(new PageCell(page, end, category, (long)(end - page), hash));
            page = end;
        }
    }

    /// <summary>Adds pages that are not populated.</summary>
    public void AddGap(ulong firstPage, ulong endPage)
    {
        if (firstPage < endPage)
        {
            Add(new PageCell(firstPage, endPage, CellCategories.Empty, (long)(endPage - firstPage), isGap: true));
        }
    }

    /// <summary>Creates the list with cells of another size.</summary>
    public static CellList Merge(IEnumerable<PageCell> cells, int shift)
    {
        CellList merged = new(shift);
        foreach (PageCell cell in cells)
        {
            merged.Add(cell);
        }

        return merged;
    }

    private void Add(PageCell cell)
    {
        PageCell? last = _cells.Count > 0 ? _cells[^1] : null;
        if (last is { IsGap: false } && last.FirstPage >> shift == cell.FirstPage >> shift)
        {
            if (!cell.IsGap)
            {
                last.Add(cell);
                return;
            }

            if (cell.Cut(cell.FirstPage, Math.Min(cell.EndPage, ((cell.FirstPage >> shift) + 1) << shift)) is { } head)
            {
                last.Add(head);
            }
        }
        else if (last is { IsGap: true } && !cell.IsGap && (last.EndPage - 1) >> shift == cell.FirstPage >> shift)
        {
            if (last.Cut(Math.Max(last.FirstPage, cell.FirstPage >> shift << shift), last.EndPage) is { } tail)
            {
                cell.Add(tail);
            }

            if (last.PageCount == 0)
            {
                _cells.RemoveAt(_cells.Count - 1);
            }
        }
        else if (last is { IsGap: true } && cell.IsGap && (last.EndPage == cell.FirstPage || (last.EndPage - 1) >> shift == cell.FirstPage >> shift))
        {
            last.Add(cell);
            return;
        }

        if (cell.PageCount > 0)
        {
            _cells.Add(cell);
        }
    }
}
