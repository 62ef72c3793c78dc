using PagemapTools.Procfs.Cells;

namespace PagemapTools.Procfs.Reports;

/// <summary>Draws an address space as bins of equal size: the cells of its mappings one after the other, without the gaps between them.</summary>
internal static class AddressSpaceBins
{
    /// <summary>The number of cells of a process that are read: several for each bin.</summary>
    public const int MaxCells = 16 * MaxBins;

    private const int MaxBins = 160;

    // In the order of ReportedSpace. The zero page is no memory, so it is as empty as what is not populated.
    private static readonly int[] s_parts =
        [CellCategories.PrivateLarge, CellCategories.Private, CellCategories.SharedAnonymous, CellCategories.Shared, CellCategories.Swapped];

    /// <summary>Creates the picture of a process.</summary>
    /// <param name="process">The index of the process in the report.</param>
    /// <param name="sections">The cells of its mappings, by state and in detail.</param>
    /// <param name="knowsFolios">Whether the sizes of folios are known.</param>
    public static ReportedSpace Create(int process, IReadOnlyList<IReadOnlyList<PageCell>> sections, bool knowsFolios)
    {
        PageCell[] cells = [.. sections.SelectMany(section => section).Where(cell => !cell.IsGap)];
        long pages = cells.Sum(cell => cell.PageCount);
        long binPages = Math.Max((pages + MaxBins - 1) / MaxBins, 1);
        long[][] bins = [.. Enumerable.Range(0, (int)((pages + binPages - 1) / binPages)).Select(_ => new long[s_parts.Length + 1])];
        long position = 0;
        foreach (PageCell cell in cells)
        {
            Add(bins, binPages, position, cell);
            position += cell.PageCount;
        }

        return new ReportedSpace(process, binPages, bins, knowsFolios ? sections.Sum(CountBroken) : null);
    }

    /// <summary>Counts the single pages of a mapping that also has large folios.</summary>
    private static long CountBroken(IReadOnlyList<PageCell> section) =>
        section.Any(cell => cell.GetPageCount(CellCategories.PrivateLarge) > 0) ? section.Sum(cell => cell.GetPageCount(CellCategories.Private)) : 0;

    /// <summary>Divides the pages of a cell among the bins that it lies in. No page is lost.</summary>
    private static void Add(long[][] bins, long binPages, long position, PageCell cell)
    {
        long[] rest = [.. s_parts.Select(cell.GetPageCount), 0];
        rest[^1] = cell.PageCount - rest.Sum();
        for (long done = 0; done < cell.PageCount;)
        {
            long[] bin = bins[(position + done) / binPages];
            long left = cell.PageCount - done;
            long piece = Math.Min(left, binPages - ((position + done) % binPages));
            for (int part = 0; part < rest.Length; part++)
            {
                long share = piece == left ? rest[part] : rest[part] * piece / left;
                bin[part] += share;
                rest[part] -= share;
            }

            done += piece;
        }
    }
}
