using PagemapTools.Procfs.Groups;

namespace PagemapTools.Procfs.Metrics;

/// <summary>Which metrics are written, and how many.</summary>
public sealed record MetricOptions
{
    /// <summary>The default of <see cref="MaxGroupCount"/>: with the nine figures of a group fewer than 1,000 time series.</summary>
    public const int DefaultMaxGroupCount = 100;

    /// <summary>What processes are grouped by. Each key is one pass over all processes. The default is the cgroup.</summary>
    public IReadOnlyList<ProcessGroupKey> GroupBy { get; init; } = [ProcessGroupKey.Cgroup];

    /// <summary>The number of groups of each key that have time series of their own: those with the most Rss. The others are summed.</summary>
    public int MaxGroupCount { get; init; } = DefaultMaxGroupCount;

    /// <summary>Whether all users may read the file (mode 0644), such as the user of node_exporter. If not, its owner alone may (0600).</summary>
    public bool IsWorldReadable { get; init; }

    /// <summary>How long a process may hold up the measurement; null for the defaults.</summary>
    public TargetRunOptions? Run { get; init; }
}
