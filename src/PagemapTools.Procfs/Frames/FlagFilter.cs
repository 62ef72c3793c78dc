using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Frames;

/// <summary>One condition on flags.</summary>
/// <param name="Mask">The flags that are compared.</param>
/// <param name="Bits">The flags of the mask that have to be set, while the others have to be clear; <see cref="Any"/> if at least one has to be set.</param>
internal readonly record struct FlagMask(KPageFlags Mask, KPageFlags Bits)
{
    private const KPageFlags Any = (KPageFlags)ulong.MaxValue;

    public static FlagMask AnyOf(KPageFlags flags) => new(flags, Any);

    public bool Matches(KPageFlags flags) => Bits == Any ? (flags & Mask) != 0 : (flags & Mask) == Bits;
}

/// <summary>
/// Conditions on the flags of a page frame; all of them have to be true. <see cref="AllOf"/>, <see cref="AnyOf"/> and
/// <see cref="NoneOf"/> are compared with all flags, even those that are only shown raw. A bit specification, as in page-types, is
/// compared with the flags that are shown.
/// </summary>
public sealed record FlagFilter
{
    /// <summary>Flags that have to be set, all of them; null for no condition.</summary>
    public KPageFlags? AllOf { get; init; }

    /// <summary>Flags of which at least one has to be set; null for no condition.</summary>
    public KPageFlags? AnyOf { get; init; }

    /// <summary>Flags that have to be clear, all of them; null for no condition.</summary>
    public KPageFlags? NoneOf { get; init; }

    /// <summary>Specifications in page-types' grammar; all of them have to match.</summary>
    public IReadOnlyList<BitSpec> BitSpecs { get; init; } = [];

    /// <summary>Whether there is no condition.</summary>
    internal bool IsEmpty => !HasNames && BitSpecs.Count == 0;

    private bool HasNames => (AllOf ?? AnyOf ?? NoneOf) is not null;

    /// <summary>Whether all conditions are true for a page.</summary>
    /// <param name="word">The page frame's word of kpageflags.</param>
    /// <param name="entry">The pagemap entry.</param>
    /// <param name="rawFlags">Whether flags are shown raw.</param>
    internal bool Matches(ulong word, PagemapEntry entry, bool rawFlags) =>
        (!HasNames || MatchesNames(KPageFlagsDecoder.DecodeAll(word, entry)))
        && (BitSpecs.Count == 0 || MatchesBitSpecs(KPageFlagsDecoder.Decode(word, entry, rawFlags)));

    private bool MatchesNames(KPageFlags flags) =>
        (AllOf is not { } all || (flags & all) == all)
        && (AnyOf is not { } any || (flags & any) != 0)
        && (NoneOf is not { } none || (flags & none) == 0);

    private bool MatchesBitSpecs(KPageFlags flags)
    {
        foreach (BitSpec specification in BitSpecs)
        {
            if (!specification.Mask.Matches(flags))
            {
                return false;
            }
        }

        return true;
    }
}
