namespace PagemapTools.Procfs.Cells;

/// <summary>
/// Finds out how long ago the cells of repeated maps changed (<see cref="PageCellKey.Age"/>). The words of a cell's pages are compared: the
/// pagemap entries of a process, which change with the page frame, the swap slot and the soft-dirty bit, or the flags of page frames. The
/// memory is 40 bytes for each cell. Not safe to use from several threads.
/// </summary>
/// <param name="time">The source of the time; null for the system's.</param>
public sealed class PageCellAges(TimeProvider? time = null)
{
    private static readonly (string Name, TimeSpan End)[] s_ages =
    [
        ("ChangedNow", TimeSpan.FromTicks(1)),
        ("Last5Seconds", TimeSpan.FromSeconds(5)),
        ("Last30Seconds", TimeSpan.FromSeconds(30)),
        ("Unchanged", TimeSpan.MaxValue),
    ];

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private Dictionary<(ulong Section, ulong Cell), (ulong Hash, long? ChangedAt)> _cells = [];
    private int? _shift;

    internal static IEnumerable<string> Names => s_ages.Select(age => age.Name);

    /// <summary>Moves the present pages of each cell to the category of its age, and remembers the cells for the next map.</summary>
    /// <param name="map">A map by age; it must not be used any more.</param>
    /// <returns>The map with ages. In the first one, and where the size of cells has changed since, all cells are unchanged.</returns>
    public PageCellMap Apply(PageCellMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        bool isComparable = _shift == map.Shift;
        long now = _time.GetTimestamp();
        Dictionary<(ulong, ulong), (ulong, long?)> cells = [];
        foreach (PageCellSection section in map.Sections)
        {
            foreach (PageCell cell in section.Cells.Where(cell => !cell.IsGap))
            {
                (ulong, ulong) key = (section.FirstPage, cell.FirstPage >> map.Shift);
                long? changedAt = !isComparable ? null : _cells.TryGetValue(key, out (ulong Hash, long? ChangedAt) before) && before.Hash == cell.Hash ? before.ChangedAt : now;
                cells[key] = (cell.Hash, changedAt);
                cell.Move(CellCategories.Present, CellCategories.FirstAge + GetAge(changedAt, now));
            }
        }

        (_cells, _shift) = (cells, map.Shift);
        return new PageCellMap(map.By, map.Shift, CellCategories.Recount(map.Categories, map.Sections), map.Sections) { ProcessName = map.ProcessName };
    }

    private int GetAge(long? changedAt, long now)
    {
        TimeSpan age = changedAt is { } time ? _time.GetElapsedTime(time, now) : TimeSpan.MaxValue - TimeSpan.FromTicks(1);
        return Array.FindIndex(s_ages, candidate => age < candidate.End);
    }
}
