using PagemapTools.Procfs;

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

    /// <summary>Whether flags are shown raw.</summary>
    bool IsRaw { get; }
}

/// <summary>Makes the filter that the parameters describe.</summary>
internal static class FlagFilterParameters
{
    public static FlagFilter ToFilter(this IFlagFilterParameters parameters)
    {
        FlagFilter filter = new(parameters.IsRaw);
        if (parameters.Flag.Length > 0)
        {
            filter.AllOf(Union(parameters.Flag));
        }

        if (parameters.AnyFlag.Length > 0)
        {
            filter.AnyOf(Union(parameters.AnyFlag));
        }

        if (parameters.NotFlag.Length > 0)
        {
            filter.NoneOf(Union(parameters.NotFlag));
        }

        foreach (BitSpec specification in parameters.BitSpec)
        {
            filter.Matching(specification);
        }

        return filter;
    }

    private static KPageFlags Union(KPageFlags[] flags) => flags.Aggregate((all, flag) => all | flag);
}
