namespace PagemapTools.Procfs;

/// <summary>Conditions on what is known of a frame: its flags, how often it is mapped, and its cgroup.</summary>
public sealed record FrameFilter
{
    /// <summary>Conditions on the flags; null for none.</summary>
    public FlagFilter? Flags { get; init; }

    /// <summary>The fewest mappings; null for any.</summary>
    public ulong? MinimumMapCount { get; init; }

    /// <summary>The most mappings; null for any.</summary>
    public ulong? MaximumMapCount { get; init; }

    /// <summary>The inodes of the cgroups, one of which the frame has to be charged to; null for any.</summary>
    public IReadOnlySet<ulong>? Cgroups { get; init; }

    /// <summary>The fields that have to be read before the conditions can be looked at.</summary>
    public KPageFields Needs =>
        (Flags is { IsEmpty: false } ? KPageFields.Flags : KPageFields.None)
        | (MinimumMapCount is null && MaximumMapCount is null ? KPageFields.None : KPageFields.MapCount)
        | (Cgroups is null ? KPageFields.None : KPageFields.Cgroup);

    /// <summary>Whether a row passes; one whose word is not known fails every condition on it.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="row">Which.</param>
    /// <param name="needs">What <see cref="Needs"/> says, asked once for many rows.</param>
    internal bool Matches(PageBatch batch, int row, KPageFields needs) =>
        ((needs & KPageFields.Flags) == 0 || MatchesFlags(batch.Word(KPageFields.Flags, row), batch.Entry(row)))
        && ((needs & KPageFields.MapCount) == 0 || MatchesMapCount(batch.Word(KPageFields.MapCount, row)))
        && ((needs & KPageFields.Cgroup) == 0 || Cgroups!.Contains(batch.Word(KPageFields.Cgroup, row)));

    private bool MatchesFlags(ulong word, PagemapEntry entry) => word != PfnRuns.Unknown && Flags!.Matches(word, entry);

    private bool MatchesMapCount(ulong count) =>
        count != PfnRuns.Unknown && count >= (MinimumMapCount ?? 0) && count <= (MaximumMapCount ?? ulong.MaxValue);
}
