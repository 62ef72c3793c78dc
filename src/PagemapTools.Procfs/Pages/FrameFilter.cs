namespace PagemapTools.Procfs;

/// <summary>Conditions on a page frame: its flags, its map count and its cgroup. All have to hold; an unknown value fails its condition.</summary>
public sealed record FrameFilter
{
    /// <summary>Conditions on the flags.</summary>
    public FlagFilter Flags { get; init; } = new();

    /// <summary>The minimum map count; null for any.</summary>
    public ulong? MinMapCount { get; init; }

    /// <summary>The maximum map count; null for any.</summary>
    public ulong? MaxMapCount { get; init; }

    /// <summary>The inodes of the cgroups, one of which the frame has to be charged to; null for any.</summary>
    public IReadOnlySet<ulong>? Cgroups { get; init; }

    /// <summary>The properties that have to be read before the conditions can be checked.</summary>
    internal KPageFields RequiredFields =>
        (Flags.IsEmpty ? KPageFields.None : KPageFields.Flags)
        | (MinMapCount is null && MaxMapCount is null ? KPageFields.None : KPageFields.MapCount)
        | (Cgroups is null ? KPageFields.None : KPageFields.Cgroup);

    /// <summary>Whether a row passes.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="row">Which.</param>
    /// <param name="required">What <see cref="RequiredFields"/> says, computed once for many rows.</param>
    /// <param name="rawFlags">Whether flags are shown raw.</param>
    internal bool Matches(PageBatch batch, int row, KPageFields required, bool rawFlags) =>
        ((required & KPageFields.Flags) == 0 || MatchesFlags(batch.Word(KPageFields.Flags, row), batch.Entry(row), rawFlags))
        && ((required & KPageFields.MapCount) == 0 || MatchesMapCount(batch.Word(KPageFields.MapCount, row)))
        && ((required & KPageFields.Cgroup) == 0 || Cgroups!.Contains(batch.Word(KPageFields.Cgroup, row)));

    private bool MatchesFlags(ulong word, PagemapEntry entry, bool rawFlags) =>
        word != PfnRuns.Unknown && Flags.Matches(word, entry, rawFlags);

    private bool MatchesMapCount(ulong count) =>
        count != PfnRuns.Unknown && count >= (MinMapCount ?? 0) && count <= (MaxMapCount ?? ulong.MaxValue);
}
