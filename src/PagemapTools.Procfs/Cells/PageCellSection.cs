namespace PagemapTools.Procfs.Cells;

/// <summary>The cells of one mapping, of neighbouring mappings of one file, or of page frames that follow one another.</summary>
public sealed class PageCellSection
{
    internal PageCellSection(string? name, ulong firstPage, ulong endPage, int mappingCount, IReadOnlyList<PageCell> cells)
    {
        Name = name;
        FirstPage = firstPage;
        EndPage = endPage;
        MappingCount = mappingCount;
        Cells = cells;
    }

    /// <summary>The name of the mapping, or the node of the page frames; null where it is not known.</summary>
    public string? Name { get; }

    /// <summary>The first page: the address divided by the size of a page, or the page frame number.</summary>
    public ulong FirstPage { get; }

    /// <summary>The page after the last one.</summary>
    public ulong EndPage { get; }

    /// <summary>The number of mappings; 0 for page frames.</summary>
    public int MappingCount { get; }

    /// <summary>The cells, in ascending order.</summary>
    public IReadOnlyList<PageCell> Cells { get; }

    /// <summary>The number of pages, populated or not.</summary>
    public long PageCount => Cells.Sum(cell => cell.PageCount);

    /// <summary>The number of pages in cells that are no gap.</summary>
    public long PopulatedPageCount => Cells.Sum(cell => cell.IsGap ? 0 : cell.PageCount);

    /// <summary>Creates the section with larger cells. The cells of this section are used up.</summary>
    internal PageCellSection Coarsen(int shift) => new(Name, FirstPage, EndPage, MappingCount, CellList.Merge(Cells, shift).Cells);
}
