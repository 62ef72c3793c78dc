using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Frames;

/// <summary>One condition on flags.</summary>
/// <param name="Mask">The flags that it looks at.</param>
/// <param name="Bits">What they have to be; <see cref="Any"/> for at least one of them set.</param>
internal readonly record struct FlagMask(KPageFlags Mask, KPageFlags Bits)
{
    private const KPageFlags Any = (KPageFlags)ulong.MaxValue;

    public static FlagMask AnyOf(KPageFlags flags) => new(flags, Any);

    public bool Matches(KPageFlags flags) => Bits == Any ? (flags & Mask) != 0 : (flags & Mask) == Bits;
}

/// <summary>
/// Conditions on the flags of a page frame, all of which have to hold. Flags by name are compared with everything that the kernel
/// reports, also where it is not shown. A bit specification is compared with what is shown, as page-types does it.
/// </summary>
public sealed record FlagFilter
{
    /// <summary>Flags that all have to be set; null for no condition.</summary>
    public KPageFlags? AllOf { get; init; }

    /// <summary>Flags of which at least one has to be set; null for no condition.</summary>
    public KPageFlags? AnyOf { get; init; }

    /// <summary>Flags of which none may be set; null for no condition.</summary>
    public KPageFlags? NoneOf { get; init; }

    /// <summary>Specifications in page-types' grammar that all have to hold.</summary>
    public IReadOnlyList<BitSpec> BitSpecs { get; init; } = [];

    /// <summary>Whether there is no condition.</summary>
    internal bool IsEmpty => !HasNames && BitSpecs.Count == 0;

    private bool HasNames => (AllOf ?? AnyOf ?? NoneOf) is not null;

    internal bool Matches(ulong word, PagemapEntry entry, bool rawFlags) =>
        (!HasNames || MatchesNames(KPageFlagsDecoder.All(word, entry)))
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
