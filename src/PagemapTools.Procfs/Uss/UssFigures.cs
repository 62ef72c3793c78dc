namespace PagemapTools.Procfs.Uss;

/// <summary>The figures of a process or of a mapping, in bytes; null where they are unknown, or where the method does not have them.</summary>
internal sealed record UssFigures
{
    public long? Uss { get; init; }

    public long? Pss { get; init; }

    public long? Rss { get; init; }

    public long? Shared { get; init; }

    public long? Swap { get; init; }

    public long? SwapPss { get; init; }

    public long Hugetlb { get; init; }

    public long? PrivateClean { get; init; }

    public long? PrivateDirty { get; init; }

    public long? PssAnon { get; init; }

    public long? PssFile { get; init; }

    public long? PssShmem { get; init; }

    public long? Anonymous { get; init; }

    public long? AnonHugePages { get; init; }

    public long? LazyFree { get; init; }

    /// <summary>Memory whose pages were accessed since their bits were cleared.</summary>
    public long? Referenced { get; init; }

    /// <summary>Creates the figures of a walk.</summary>
    public static UssFigures From(in UssAccumulator pages)
    {
        UnknownParts unknown = pages.Unknown;
        long? resident = unknown.HasFlag(UnknownParts.Rss) ? null : ToBytes(pages.Resident);
        return new UssFigures
        {
            Uss = unknown.HasFlag(UnknownParts.Uss) ? null : ToBytes(pages.Private + pages.PrivateHugetlb),
            Pss = unknown.HasFlag(UnknownParts.Pss) ? null : (long)(pages.PssFixedPoint >> UssAccumulator.PssShift),
            Rss = resident,
            Shared = resident - ToBytes(pages.Private),
            Swap = unknown.HasFlag(UnknownParts.Swap) ? null : ToBytes(pages.Swapped),
            Hugetlb = ToBytes(pages.Hugetlb),
        };
    }

    /// <summary>Creates the figures of smaps_rollup or smaps.</summary>
    public static UssFigures From(in SmapsFigures smaps)
    {
        long? privateClean = smaps[SmapsField.PrivateClean];
        long? privateDirty = smaps[SmapsField.PrivateDirty];
        long privateHugetlb = smaps[SmapsField.PrivateHugetlb] ?? 0;
        return new UssFigures
        {
            Uss = privateClean + privateDirty + privateHugetlb,
            Pss = smaps[SmapsField.Pss],
            Rss = smaps[SmapsField.Rss],
            Shared = smaps[SmapsField.SharedClean] + smaps[SmapsField.SharedDirty],
            Swap = smaps[SmapsField.Swap],
            SwapPss = smaps[SmapsField.SwapPss],
            Hugetlb = privateHugetlb + (smaps[SmapsField.SharedHugetlb] ?? 0),
            PrivateClean = privateClean,
            PrivateDirty = privateDirty,
            PssAnon = smaps[SmapsField.PssAnon],
            PssFile = smaps[SmapsField.PssFile],
            PssShmem = smaps[SmapsField.PssShmem],
            Anonymous = smaps[SmapsField.Anonymous],
            AnonHugePages = smaps[SmapsField.AnonHugePages],
            LazyFree = smaps[SmapsField.LazyFree],
            Referenced = smaps[SmapsField.Referenced],
        };
    }

    private static long ToBytes(long pages) => pages << PageGeometry.PageShift;
}
