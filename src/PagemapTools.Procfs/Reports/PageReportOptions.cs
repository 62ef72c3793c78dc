namespace PagemapTools.Procfs.Reports;

/// <summary>What a report shows, and who may read it.</summary>
public sealed record PageReportOptions
{
    /// <summary>The processes of the report; null for all. The map of memory shows who maps a page frame among these.</summary>
    public IReadOnlyCollection<int>? ProcessIds { get; init; }

    /// <summary>
    /// Whether the map shows page frames in the order of their numbers. If not, the order of page frames inside each GiB is lost, so that
    /// no reader of the file learns which page frame a process has.
    /// </summary>
    public bool IncludeFrames { get; init; }

    /// <summary>Whether all users may read the file (mode 0644). If not, its owner alone may (0600): it has the names of programs, files and cgroups.</summary>
    public bool IsWorldReadable { get; init; }

    /// <summary>How long a process may hold up the measurement; null for the defaults.</summary>
    public TargetRunOptions? Run { get; init; }
}
