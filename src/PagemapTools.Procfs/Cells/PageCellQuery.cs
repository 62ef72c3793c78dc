using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Cells;

/// <summary>Selects the pages of a map, and the property by which it tells them apart.</summary>
public sealed record PageCellQuery
{
    /// <summary>The flags of <see cref="PageCellKey.Flag"/>, if none are given: the more particular first.</summary>
    public static IReadOnlyList<KPageFlags> DefaultFlags { get; } =
    [
        KPageFlags.HWPOISON, KPageFlags.HUGE, KPageFlags.ZERO_PAGE, KPageFlags.THP, KPageFlags.BUDDY, KPageFlags.SLAB, KPageFlags.PGTABLE,
        KPageFlags.OFFLINE, KPageFlags.RESERVED, KPageFlags.WRITEBACK, KPageFlags.DIRTY, KPageFlags.SWAPCACHE, KPageFlags.MLOCKED,
        KPageFlags.ACTIVE, KPageFlags.ANON, KPageFlags.LRU,
    ];

    /// <summary>The property.</summary>
    public PageCellKey By { get; init; }

    /// <summary>The flags of <see cref="PageCellKey.Flag"/>; a page counts as the first of them that it has.</summary>
    public IReadOnlyList<KPageFlags> Flags { get; init; } = DefaultFlags;

    /// <summary>
    /// The number of cells that a map has at most. It determines the memory of a map: 100 to 200 bytes for each cell, whatever the size of the
    /// process or the machine.
    /// </summary>
    public int MaxCells { get; init; } = 16 * 1024;

    /// <summary>The mappings and addresses of a map of a process.</summary>
    public PageWalkOptions Walk { get; init; } = new();

    /// <summary>Whether unpopulated pages of shared memory are looked up in the page cache and in swap.</summary>
    public bool ResolveShared { get; init; }

    /// <summary>
    /// Whether a map by state tells anonymous memory in large folios, and anonymous memory that processes share since a fork, from other memory.
    /// </summary>
    internal bool IsDetailed { get; init; }

    /// <summary>Called once for each limit of the reading, on the thread that reads; null for no warnings.</summary>
    public Action<ReadWarnings>? OnWarning { get; init; }
}
