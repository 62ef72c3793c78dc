namespace PagemapTools;

/// <summary>The parameters of the cmdlets that filter by flags.</summary>
internal interface IFlagFilterParameters
{
    /// <summary>Flags that must all be set.</summary>
    KPageFlags[] Flag { get; }

    /// <summary>Flags of which at least one must be set.</summary>
    KPageFlags[] AnyFlag { get; }

    /// <summary>Flags that must all be clear.</summary>
    KPageFlags[] NotFlag { get; }

    /// <summary>Conditions in the grammar of page-types' option --bits; all must be met.</summary>
    BitSpec[] BitSpec { get; }
}

/// <summary>Makes the filter that the parameters describe.</summary>
internal static class FlagFilterParameters
{
    public static FlagFilter ToFilter(this IFlagFilterParameters parameters) => new()
    {
        AllOf = Combine(parameters.Flag),
        AnyOf = Combine(parameters.AnyFlag),
        NoneOf = Combine(parameters.NotFlag),
        BitSpecs = parameters.BitSpec,
    };

    private static KPageFlags? Combine(KPageFlags[] flags) =>
        flags.Length == 0 ? null : flags.Aggregate((all, flag) => all | flag);
}
