namespace PagemapTools.Procfs;

/// <summary>One condition on flags.</summary>
/// <param name="Mask">The flags that it looks at.</param>
/// <param name="Bits">What they have to be; <see cref="Any"/> for at least one of them set.</param>
internal readonly record struct FlagTerm(KPageFlags Mask, KPageFlags Bits)
{
    private const KPageFlags Any = (KPageFlags)ulong.MaxValue;

    public static FlagTerm AllOf(KPageFlags flags) => new(flags, flags);

    public static FlagTerm AnyOf(KPageFlags flags) => new(flags, Any);

    public static FlagTerm NoneOf(KPageFlags flags) => new(flags, KPageFlags.None);

    public bool Matches(KPageFlags flags) => Bits == Any ? (flags & Mask) != 0 : (flags & Mask) == Bits;
}

/// <summary>
/// Conditions on the flags of a frame, all of which have to hold. Flags by name are looked for in all that the kernel says,
/// also where it is not shown; a bit specification, as in page-types, in what is shown.
/// </summary>
public sealed class FlagFilter
{
    private readonly List<FlagTerm> _onAll = [];
    private readonly List<FlagTerm> _onShown = [];
    private readonly bool _isRaw;

    /// <summary>Creates a filter without conditions.</summary>
    /// <param name="isRaw">Whether the flags are shown raw.</param>
    public FlagFilter(bool isRaw)
    {
        _isRaw = isRaw;
    }

    /// <summary>Whether there is no condition.</summary>
    public bool IsEmpty => _onAll.Count == 0 && _onShown.Count == 0;

    /// <summary>All of these have to be set.</summary>
    public FlagFilter AllOf(KPageFlags flags) => With(_onAll, FlagTerm.AllOf(flags));

    /// <summary>At least one of these has to be set.</summary>
    public FlagFilter AnyOf(KPageFlags flags) => With(_onAll, FlagTerm.AnyOf(flags));

    /// <summary>None of these may be set.</summary>
    public FlagFilter NoneOf(KPageFlags flags) => With(_onAll, FlagTerm.NoneOf(flags));

    /// <summary>A specification in page-types' grammar has to hold.</summary>
    public FlagFilter Matching(BitSpec specification) => With(_onShown, specification.Term);

    /// <summary>The flags as they are shown.</summary>
    internal KPageFlags Shown(ulong word, PagemapEntry entry) => _isRaw ? KPageFlagsDecoder.Raw(word, entry) : KPageFlagsDecoder.WellKnown(word);

    internal bool Matches(ulong word, PagemapEntry entry)
    {
        if (_onAll.Count > 0)
        {
            KPageFlags all = KPageFlagsDecoder.All(word, entry);
            foreach (FlagTerm term in _onAll)
            {
                if (!term.Matches(all))
                {
                    return false;
                }
            }
        }

        if (_onShown.Count > 0)
        {
            KPageFlags shown = Shown(word, entry);
            foreach (FlagTerm term in _onShown)
            {
                if (!term.Matches(shown))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private FlagFilter With(List<FlagTerm> terms, FlagTerm term)
    {
        terms.Add(term);
        return this;
    }
}
