using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Pages;

/// <summary>Conditions on a pagemap entry, decided on the word itself before anything else is read. All have to hold.</summary>
public sealed record EntryFilter
{
    /// <summary>The states that pass; empty for every state but unpopulated.</summary>
    public IReadOnlyCollection<PageState> States { get; init; } = [];

    /// <summary>Whether the page has to be soft-dirty; null for either.</summary>
    public bool? IsSoftDirty { get; init; }

    /// <summary>True for present pages that are mapped once, false for present pages that are not; null for any page.</summary>
    public bool? IsExclusive { get; init; }

    /// <summary>Whether unpopulated pages pass, too, if <see cref="States"/> is empty.</summary>
    public bool IncludeUnpopulated { get; init; }
}

/// <summary>An <see cref="EntryFilter"/> as masks.</summary>
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

    /// <summary>What the kernel can look for before an entry is read.</summary>
    public PageCategories Categories =>
        AcceptsUnpopulated ? PageCategories.None
        : (_states & ~(Bit(PageState.Present) | Bit(PageState.Unpopulated))) != 0 && (_mask & PagemapEntry.PresentBit) == 0
            ? PageCategories.Swapped | (_acceptsPresent ? PageCategories.Present : PageCategories.None)
            : PageCategories.Present;

    public bool AcceptsState(PageState state) => (_states & Bit(state)) != 0;

    /// <summary>Whether an entry passes whose page was resolved to a state; unpopulated if it was not.</summary>
    public bool Matches(ulong entry, SwapTypes types, PageState resolved = PageState.Unpopulated) =>
        (entry & _mask) == _bits
        && (resolved != PageState.Unpopulated ? AcceptsState(resolved)
            : (entry & PagemapEntry.PresentBit) != 0 ? _acceptsPresent
            : AcceptsState(new PagemapEntry(entry).GetState(types)));

    private static uint Bit(PageState state) => 1u << (int)state;
}
