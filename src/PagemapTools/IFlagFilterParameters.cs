using PagemapTools.Procfs.Frames;

namespace PagemapTools;

/// <summary>The parameters of the cmdlets that filter by flags.</summary>
internal interface IFlagFilterParameters
{
    /// <summary>Flags, all of which have to be set.</summary>
    KPageFlags[] Flag { get; }

    /// <summary>Flags, at least one of which has to be set.</summary>
    KPageFlags[] AnyFlag { get; }

    /// <summary>Flags, none of which may be set.</summary>
    KPageFlags[] NotFlag { get; }

    /// <summary>Conditions in the grammar of page-types' option --bits; all have to hold.</summary>
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
