using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Pages;

/// <summary>Conditions on a pagemap entry, which are checked on the entry itself before anything else is read. A page passes if all of them hold.</summary>
public sealed record EntryFilter
{
    /// <summary>The states that pass; empty for every state except unpopulated.</summary>
    public IReadOnlyCollection<PageState> States { get; init; } = [];

    /// <summary>Whether the page has to be soft-dirty; null for either.</summary>
    public bool? IsSoftDirty { get; init; }

    /// <summary>True for present pages that are mapped exactly once, false for other present pages; null for any page.</summary>
    public bool? IsExclusive { get; init; }

    /// <summary>Whether unpopulated pages pass as well if <see cref="States"/> is empty.</summary>
    public bool IncludeUnpopulated { get; init; }
}

/// <summary>An <see cref="EntryFilter"/> compiled to bit masks.</summary>
internal sealed class EntryMatcher
{
    private readonly ulong _mask;
    private readonly ulong _bits;
    private readonly uint _states;
    private readonly bool _acceptsPresent;

    public EntryMatcher(EntryFilter filter)
    {
        if (filter.IsSoftDirty is { } softDirty)
        {
            _mask |= PagemapEntry.SoftDirtyBit;
            _bits |= softDirty ? PagemapEntry.SoftDirtyBit : 0;
        }

        if (filter.IsExclusive is { } exclusive)
        {
            _mask |= PagemapEntry.ExclusiveBit | PagemapEntry.PresentBit;
            _bits |= PagemapEntry.PresentBit | (exclusive ? PagemapEntry.ExclusiveBit : 0);
        }

        _states = filter.States.Count > 0
            ? filter.States.Aggregate(0u, (set, state) => set | Bit(state))
            : filter.IncludeUnpopulated ? uint.MaxValue : ~Bit(PageState.Unpopulated);
        _acceptsPresent = AcceptsState(PageState.Present);
    }

    /// <summary>Whether unpopulated pages can pass.</summary>
    public bool AcceptsUnpopulated => AcceptsState(PageState.Unpopulated) && (_mask & PagemapEntry.PresentBit) == 0;

    /// <summary>The categories by which PAGEMAP_SCAN can find pages that may pass.</summary>
    public PageCategories Categories =>
        AcceptsUnpopulated ? PageCategories.None
        : (_states & ~(Bit(PageState.Present) | Bit(PageState.Unpopulated))) != 0 && (_mask & PagemapEntry.PresentBit) == 0
            ? PageCategories.Swapped | (_acceptsPresent ? PageCategories.Present : PageCategories.None)
            : PageCategories.Present;

    public bool AcceptsState(PageState state) => (_states & Bit(state)) != 0;

    /// <summary>Whether an entry passes.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="types">The machine's swap types.</param>
    /// <param name="resolved">The state to which an unpopulated page of shared memory was resolved; unpopulated if it was not.</param>
    public bool Matches(ulong entry, SwapTypes types, PageState resolved = PageState.Unpopulated) =>
        (entry & _mask) == _bits
        && (resolved != PageState.Unpopulated ? AcceptsState(resolved)
            : (entry & PagemapEntry.PresentBit) != 0 ? _acceptsPresent
            : AcceptsState(new PagemapEntry(entry).GetState(types)));

    private static uint Bit(PageState state) => 1u << (int)state;
}
