namespace PagemapTools.Pictures;

/// <summary>A line of a map: cells, and what the line begins with.</summary>
/// <param name="FirstPage">The first page of the line.</param>
/// <param name="Name">The name of the section; null in its second line and those after it.</param>
/// <param name="Bytes">The size of the section.</param>
/// <param name="Cells">The cells.</param>
internal sealed record MapRow(ulong FirstPage, string? Name, long Bytes, IReadOnlyList<PageCell> Cells);

/// <summary>Fits a map into a number of lines: with larger cells, and with small neighbouring sections in one line.</summary>
internal static class MapLayout
{
    /// <summary>Fits a map.</summary>
    /// <param name="map">The map; on return, the one with the cells of the lines.</param>
    /// <param name="cellsPerRow">The cells of a line.</param>
    /// <param name="maxRows">The number of lines.</param>
    public static IReadOnlyList<MapRow> Fit(ref PageCellMap map, int cellsPerRow, int maxRows)
    {
        List<MapRow> rows;
        int largestJoined = Math.Max(1, cellsPerRow / 4);
        while ((rows = CreateRows(map, cellsPerRow, largestJoined)).Count > maxRows && map.Sections.Any(section => section.Cells.Count > 1))
        {
            map = map.Coarsen();
        }

        // As many sections as possible get a line of their own.
        for (int largest = 0; largest < largestJoined && rows.Count <= maxRows; largest = (2 * largest) + 1)
        {
            List<MapRow> separate = CreateRows(map, cellsPerRow, largest);
            if (separate.Count <= maxRows)
            {
                return separate;
            }
        }

        // More mappings than cells: the legend counts those without a line, too.
        return rows[..Math.Min(rows.Count, maxRows)];
    }

    private static List<MapRow> CreateRows(PageCellMap map, int cellsPerRow, int largestJoined)
    {
        List<MapRow> rows = [];
        List<PageCellSection> joined = [];
        int cells = 0;
        foreach (PageCellSection section in map.Sections.Where(section => section.PopulatedPageCount > 0))
        {
            bool isSmall = section.Cells.Count <= largestJoined;
            if (!isSmall || cells + section.Cells.Count > cellsPerRow)
            {
                AddRows(rows, joined, cellsPerRow);
                cells = 0;
            }

            joined.Add(section);
            cells += section.Cells.Count;
            if (!isSmall)
            {
                AddRows(rows, joined, cellsPerRow);
                cells = 0;
            }
        }

        AddRows(rows, joined, cellsPerRow);
        return rows;
    }

    private static void AddRows(List<MapRow> rows, List<PageCellSection> sections, int cellsPerRow)
    {
        if (sections.Count == 0)
        {
            return;
        }

        int mappings = sections.Sum(section => section.MappingCount);
        string? name = sections.Count > 1 ? (mappings > 0 ? $"{mappings} mappings" : $"{sections.Count} ranges") : sections[0].Name ?? string.Empty;
        long bytes = sections.Sum(section => section.PageCount) << PageGeometry.PageShift;
        foreach (PageCell[] cells in sections.SelectMany(section => section.Cells).Chunk(cellsPerRow))
        {
            rows.Add(new MapRow(cells[0].FirstPage, name, bytes, cells));
            name = null;
        }

        sections.Clear();
    }
}
