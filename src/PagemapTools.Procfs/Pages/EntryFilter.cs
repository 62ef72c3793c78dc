namespace PagemapTools.Procfs;

/// <summary>Conditions on a pagemap entry, decided on the word itself before anything else is read.</summary>
public sealed class EntryFilter
{
    private readonly ulong _mask;
    private readonly ulong _bits;
    private readonly uint _states;
    private readonly bool _presentIsEnough;

    /// <summary>Creates a filter.</summary>
    /// <param name="states">The states wanted; empty for every state that is not unpopulated.</param>
    /// <param name="isSoftDirty">Whether the page has to be soft-dirty; null for either.</param>
    /// <param name="isExclusive">Whether the page has to be present and mapped here only, or present and mapped elsewhere too; null for either.</param>
    /// <param name="includeUnpopulated">Whether pages that hold nothing count, where no states are named.</param>
    public EntryFilter(IReadOnlyCollection<PageState> states, bool? isSoftDirty = null, bool? isExclusive = null, bool includeUnpopulated = false)
    {
        (_mask, _bits) = Bits(isSoftDirty, isExclusive);
        _states = states.Count > 0
            ? states.Aggregate(0u, (set, state) => set | Bit(state))
            : includeUnpopulated ? uint.MaxValue : ~Bit(PageState.Unpopulated);
        _presentIsEnough = (_states & Bit(PageState.Present)) != 0;
    }

    /// <summary>Whether pages that hold nothing can pass.</summary>
    public bool WantsUnpopulated => Wants(PageState.Unpopulated) && (_mask & PagemapEntry.PresentBit) == 0;

    /// <summary>What the kernel can look for before an entry is read.</summary>
    internal PageCategories Categories =>
        WantsUnpopulated ? PageCategories.None
        : (_states & ~(Bit(PageState.Present) | Bit(PageState.Unpopulated))) != 0 && (_mask & PagemapEntry.PresentBit) == 0
            ? PageCategories.Swapped | (_presentIsEnough ? PageCategories.Present : PageCategories.None)
            : PageCategories.Present;

    internal bool MatchesBits(ulong entry) => (entry & _mask) == _bits;

    internal bool Wants(PageState state) => (_states & Bit(state)) != 0;

    internal bool Matches(ulong entry, SwapTypes types)
    {
        if (!MatchesBits(entry))
        {
            return false;
        }

        return (entry & PagemapEntry.PresentBit) != 0 ? _presentIsEnough : Wants(new PagemapEntry(entry).State(types));
    }

    private static (ulong Mask, ulong Bits) Bits(bool? isSoftDirty, bool? isExclusive)
    {
        ulong mask = 0;
        ulong bits = 0;
        if (isSoftDirty is { } softDirty)
        {
            mask |= PagemapEntry.SoftDirtyBit;
            bits |= softDirty ? PagemapEntry.SoftDirtyBit : 0;
        }

        if (isExclusive is { } exclusive)
        {
            mask |= PagemapEntry.ExclusiveBit | PagemapEntry.PresentBit;
            bits |= PagemapEntry.PresentBit | (exclusive ? PagemapEntry.ExclusiveBit : 0);
        }

        return (mask, bits);
    }

    private static uint Bit(PageState state) => 1u << (int)state;
}
