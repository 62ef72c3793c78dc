namespace PagemapTools.Procfs.HugePages;

/// <summary>Large folios of one kind and size that are mapped in the same way.</summary>
/// <param name="Kind">What the pages hold.</param>
/// <param name="FolioPages">The base pages of a folio.</param>
/// <param name="IsAligned">Whether the folios lie at multiples of their size.</param>
/// <param name="IsWhole">Whether all pages of each folio are mapped, in order.</param>
/// <param name="IsPmdMapped">Whether one entry maps each folio.</param>
internal readonly record struct HugePageGroup(HugePageKind Kind, long FolioPages, bool IsAligned, bool IsWhole, bool IsPmdMapped);

/// <summary>The pages of a mapping or of a process, by group.</summary>
internal sealed class HugePageTally
{
    private readonly Dictionary<HugePageGroup, long> _pages = [];

    /// <summary>The resident pages of every folio size, without hugetlb pages and the zero page.</summary>
    public long ResidentPages { get; set; }

    /// <summary>Gets the groups that have pages: by kind, the largest folios first.</summary>
    public IEnumerable<KeyValuePair<HugePageGroup, long>> Groups => _pages
        .Where(group => group.Value > 0)
        .OrderBy(group => group.Key.Kind)
        .ThenByDescending(group => group.Key.FolioPages)
        .ThenByDescending(group => group.Key.IsPmdMapped)
        .ThenByDescending(group => group.Key.IsWhole)
        .ThenByDescending(group => group.Key.IsAligned);

    /// <summary>Adds pages of a group.</summary>
    public void Add(HugePageGroup group, long pages) => _pages[group] = _pages.GetValueOrDefault(group) + pages;

    /// <summary>Adds the pages of another mapping.</summary>
    public void Add(HugePageTally other)
    {
        ResidentPages += other.ResidentPages;
        foreach ((HugePageGroup group, long pages) in other._pages)
        {
            Add(group, pages);
        }
    }

    /// <summary>
    /// Moves pages that were counted as mapped one by one to those that a PMD maps. The figure comes from a reading of smaps at another
    /// moment, so it may be larger than what was counted.
    /// </summary>
    public void MoveToPmdMapped(HugePageKind kind, long folioPages, long pages)
    {
        HugePageGroup group = new(kind, folioPages, IsAligned: true, IsWhole: true, IsPmdMapped: false);
        long moved = Math.Min(pages, _pages.GetValueOrDefault(group));
        if (moved > 0)
        {
            Add(group, -moved);
            Add(group with { IsPmdMapped = true }, moved);
        }
    }
}
