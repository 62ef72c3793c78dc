using System.Globalization;
using System.Text;

namespace PagemapTools.Pictures;

/// <summary>
/// Draws a map as lines of text. A cell is the letter of its category, in the colour of its background: it looks like a block, and text that
/// loses its colours on the way (into a file, a transcript, the clipboard) still has the letters. Where characters beyond ASCII are not
/// shown, the letters are visible beside the colours.
/// </summary>
internal sealed class MapPicture(Canvas canvas)
{
    private const string Escape = "\u001b[";
    private const string Reset = Escape + "0m";
    private const int AddressWidth = 14;
    private const int SizeWidth = 9;
    private const int PercentWidth = 6;
    private const int MinNameWidth = 6;
    private const int MaxNameWidth = 28;
    private const int MinRows = 3;
    private const int MaxLegendLines = 5;

    private readonly int _nameWidth = Math.Clamp(canvas.Width / 6, MinNameWidth, MaxNameWidth);

    private char Gap => canvas.HasUnicode ? '\u00b7' : '.';

    private string Ellipsis => canvas.HasUnicode ? "\u2026" : "~";

    private int LabelWidth => AddressWidth + 1 + _nameWidth + 1 + SizeWidth + 1;

    private int CellsPerRow => Math.Max(8, canvas.Width - LabelWidth);

    /// <summary>The number of cells with which a map has to be read to be drawn.</summary>
    public int MaxCells => 4 * CellsPerRow * Math.Max(MinRows, canvas.Height);

    /// <summary>Draws a map; its cells are used up.</summary>
    /// <param name="title">What the map shows.</param>
    /// <param name="map">The map.</param>
    /// <param name="isOfFrames">Whether lines begin with page frame numbers, instead of addresses.</param>
    /// <param name="height">The number of lines at most, if that is enough for a legend and three lines of cells.</param>
    public IReadOnlyList<MapLine> Draw(string title, PageCellMap map, bool isOfFrames, int height)
    {
        MapPalette palette = new(map);
        List<string> legend = DrawLegend(map, palette);
        IReadOnlyList<MapRow> rows = MapLayout.Fit(ref map, CellsPerRow, Math.Max(MinRows, height - legend.Count - 4));
        string scale = $"one cell: {FormatSize(map.PagesPerCell << PageGeometry.PageShift)}";
        string[] lines =
        [
            Cut($"{VisibleText.Escape(title)} by {map.By}, {scale}; dark or small: less than half", canvas.Width),
            string.Empty,
            .. rows.Select(row => DrawRow(row, palette, isOfFrames)),
            string.Empty,
            .. legend,
        ];
        return Array.ConvertAll(lines, line => new MapLine(line));
    }

    /// <summary>Formats a size; from 1000 on it is in the next unit, as in the tables of the module.</summary>
    internal static string FormatSize(long bytes)
    {
        int unit = bytes == 0 ? 0 : (int)(Math.Log2(bytes * 1.0241) / 10);
        return bytes == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"{bytes / Math.Pow(1024, unit):f1} {" KMGTP"[unit]}iB");
    }

    private string DrawRow(MapRow row, MapPalette palette, bool isOfFrames)
    {
        string address = $"0x{(isOfFrames ? row.FirstPage : row.FirstPage << PageGeometry.PageShift):x}".PadLeft(AddressWidth);
        string name = Cut(VisibleText.Escape(GetFileName(row.Name ?? string.Empty)), _nameWidth).PadRight(_nameWidth);
        string size = (row.Name is null ? string.Empty : FormatSize(row.Bytes)).PadLeft(SizeWidth);
        StringBuilder line = new($"{address} {name} {size} ");
        int? color = null;
        foreach (PageCell cell in row.Cells)
        {
            (char letter, int? cellColor) = GetStyle(cell, palette);
            if (cellColor != color)
            {
                line.Append(color is null ? string.Empty : Reset).Append(cellColor is { } code ? SetColor(code) : string.Empty);
                color = cellColor;
            }

            line.Append(letter);
        }

        return line.Append(color is null ? string.Empty : Reset).ToString();
    }

    private (char Letter, int? Color) GetStyle(PageCell cell, MapPalette palette)
    {
        if (cell.Dominant is not { } most)
        {
            return (Gap, null);
        }

        (char letter, MapColor color) = palette[most.Category];
        bool isHalf = 2 * most.PageCount >= cell.PageCount;
        return (isHalf ? letter : char.ToLowerInvariant(letter), isHalf ? color.Bright : color.Dark);
    }

    // Letters beside colours are black or white: the brightest colours of the palette have high numbers.
    private string SetColor(int code) => canvas.HasUnicode
        ? string.Create(CultureInfo.InvariantCulture, $"{Escape}38;5;{code};48;5;{code}m")
        : string.Create(CultureInfo.InvariantCulture, $"{Escape}38;5;{(code is 33 or 34 or 44 or > 99 ? 16 : 231)};48;5;{code}m");

    private List<string> DrawLegend(PageCellMap map, MapPalette palette)
    {
        PageCategory[] categories = [.. map.Legend];
        double populated = Math.Max(1, categories.Where(category => category.Index != PageCellMap.EmptyCategory).Sum(category => category.PageCount));
        int nameWidth = Math.Min(canvas.Width / 3, categories.Max(category => (int?)category.Name.Length) ?? 0);
        int entryWidth = 3 + nameWidth + 1 + SizeWidth + PercentWidth + 3;
        int columns = Math.Max(1, canvas.Width / entryWidth);
        int shown = categories.Length <= columns * MaxLegendLines ? categories.Length : (columns * MaxLegendLines) - 1;
        IEnumerable<string> entries = categories.Take(shown).Select(DrawEntry);
        if (shown < categories.Length)
        {
            entries = entries.Append($"   {categories.Length - shown} more, {FormatSize(categories.Skip(shown).Sum(category => category.Bytes))}");
        }

        return [.. entries.Chunk(columns).Select(line => string.Concat(line).TrimEnd())];

        string DrawEntry(PageCategory category)
        {
            bool isEmpty = category.Index == PageCellMap.EmptyCategory;
            (char letter, MapColor color) = palette[category.Index];
            string sample = isEmpty ? $"{Gap} " : $"{SetColor(color.Bright)}{letter}{Reset} ";
            string percent = isEmpty ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"{category.PageCount * 100 / populated:f0} %");
            return $"{sample} {Cut(VisibleText.Escape(category.Name), nameWidth).PadRight(nameWidth)} {FormatSize(category.Bytes),SizeWidth}{percent,PercentWidth}   ";
        }
    }

    private string Cut(string text, int width) => text.Length <= width ? text : text[..(width - 1)] + Ellipsis;

    private static string GetFileName(string name) => name.StartsWith('/') ? name[(name.LastIndexOf('/') + 1)..] : name;
}
