using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Pages;

/// <summary>Conditions on a page frame: its flags, its map count and its cgroup. A frame passes if all of them hold; an unknown value fails its condition.</summary>
public sealed record FrameFilter
{
    /// <summary>Conditions on the flags.</summary>
    public FlagFilter Flags { get; init; } = new();

    /// <summary>The minimum map count; null for any.</summary>
    public ulong? MinMapCount { get; init; }

    /// <summary>The maximum map count; null for any.</summary>
    public ulong? MaxMapCount { get; init; }

    /// <summary>The inodes of cgroups; the frame has to be charged to one of them. Null for any.</summary>
    public IReadOnlySet<ulong>? Cgroups { get; init; }

    /// <summary>The properties that have to be read before the conditions can be checked.</summary>
    internal FrameProperties RequiredProperties =>
        (Flags.IsEmpty ? FrameProperties.None : FrameProperties.Flags)
        | (MinMapCount is null && MaxMapCount is null ? FrameProperties.None : FrameProperties.MapCount)
        | (Cgroups is null ? FrameProperties.None : FrameProperties.Cgroup);

    /// <summary>Whether a row passes.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="row">The row's index.</param>
    /// <param name="required">The <see cref="RequiredProperties"/>, computed once for many rows.</param>
    /// <param name="rawFlags">Whether flags are shown raw.</param>
    internal bool Matches(PageBatch batch, int row, FrameProperties required, bool rawFlags) =>
        ((required & FrameProperties.Flags) == 0 || MatchesFlags(batch.GetValue(FrameProperties.Flags, row), batch.Entry(row), rawFlags))
        && ((required & FrameProperties.MapCount) == 0 || MatchesMapCount(batch.GetValue(FrameProperties.MapCount, row)))
        && ((required & FrameProperties.Cgroup) == 0 || Cgroups!.Contains(batch.GetValue(FrameProperties.Cgroup, row)));

    private bool MatchesFlags(ulong word, PagemapEntry entry, bool rawFlags) =>
        word != PfnBatchReader.NoValue && Flags.Matches(word, entry, rawFlags);

    private bool MatchesMapCount(ulong count) =>
        count != PfnBatchReader.NoValue && count >= (MinMapCount ?? 0) && count <= (MaxMapCount ?? ulong.MaxValue);
}
