namespace PagemapTools.Procfs.Cells;

/// <summary>The pages of one category in a whole map.</summary>
/// <param name="Index">The index in <see cref="PageCellMap.Categories"/>.</param>
/// <param name="Name">The name: a state, kind, flag, range of map counts, cgroup, node or age. The path of a cgroup is text that other users choose.</param>
/// <param name="IsPresent">Whether the pages have a page frame.</param>
/// <param name="PageCount">The number of pages.</param>
public sealed record PageCategory(int Index, string Name, bool IsPresent, long PageCount)
{
    /// <summary>Their size in bytes.</summary>
    public long Bytes => PageCount << PageGeometry.PageShift;
}

/// <summary>
/// The pages of a process in the order of their addresses, or the page frames of the machine in the order of their numbers, as cells of a
/// bounded number. The counts of all cells add up to those of the categories.
/// </summary>
public sealed class PageCellMap
{
    /// <summary>The index of the category of pages that are not populated, or of addresses without memory.</summary>
    public const int EmptyCategory = CellCategories.Empty;

    internal PageCellMap(PageCellKey by, int shift, IReadOnlyList<PageCategory> categories, IReadOnlyList<PageCellSection> sections)
    {
        By = by;
        Shift = shift;
        Categories = categories;
        Sections = sections;
    }

    /// <summary>The name of the process whose pages these are; null for page frames.</summary>
    public string? ProcessName { get; internal init; }

    /// <summary>The property by which the pages are told apart.</summary>
    public PageCellKey By { get; }

    /// <summary>The number of pages of a full cell, a power of two. A cell begins at a multiple of it.</summary>
    public long PagesPerCell => 1L << Shift;

    /// <summary>All categories, by index.</summary>
    public IReadOnlyList<PageCategory> Categories { get; }

    /// <summary>The categories that occur: of present pages, then those in swap and other states, last the unpopulated pages.</summary>
    public IEnumerable<PageCategory> Legend => Categories.Where(category => category.PageCount > 0)
        .OrderBy(category => category.Index == CellCategories.Empty ? 2 : category.IsPresent ? 0 : 1)
        .ThenBy(category => By is PageCellKey.Cgroup or PageCellKey.Node && category.IsPresent ? -category.PageCount : 0)
        .ThenBy(category => category.Index);

    /// <summary>The parts of the map, in ascending order.</summary>
    public IReadOnlyList<PageCellSection> Sections { get; }

    internal int Shift { get; }

    /// <summary>Creates the map with cells of twice the size. The cells of this map are used up: it must not be used any more.</summary>
    public PageCellMap Coarsen() => new(By, Shift + 1, Categories, [.. Sections.Select(section => section.Coarsen(Shift + 1))]) { ProcessName = ProcessName };
}
