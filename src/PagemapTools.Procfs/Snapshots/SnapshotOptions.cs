using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Snapshots;

/// <summary>What a snapshot has.</summary>
public sealed record SnapshotOptions
{
    /// <summary>The tables.</summary>
    public SnapshotTables Tables { get; init; } = SnapshotTables.All;

    /// <summary>The processes whose pages, mappings, memory and files are written; null for all. Page frames and cgroups are those of the machine.</summary>
    public IReadOnlyCollection<int>? ProcessIds { get; init; }

    /// <summary>
    /// Whether each page has its page frame number. Without it, pages of a process that lie side by side and are alike are one row; with it,
    /// their page frames must lie side by side, too.
    /// </summary>
    public bool IncludePfn { get; init; }

    /// <summary>The name of the host in the dataset; null for the name of this machine.</summary>
    public string? HostName { get; init; }

    /// <summary>How long a process may hold up its reading; null for the defaults.</summary>
    public TargetRunOptions? Run { get; init; }

    /// <summary>Called by the calling thread about the limits of the reading; null for no call.</summary>
    public Action<ReadWarnings>? OnWarning { get; init; }
}

/// <summary>What a snapshot wrote.</summary>
/// <param name="Time">When it began, in UTC, to the millisecond.</param>
/// <param name="Files">The files, in the order in which they got their names.</param>
/// <param name="Failures">Why processes are missing, or are there in part: what was read of them before is in the files.</param>
public sealed record SnapshotResult(DateTime Time, IReadOnlyList<SnapshotFile> Files, IReadOnlyList<ProcfsException> Failures);

/// <summary>A file of a snapshot.</summary>
/// <param name="Table">The table: one of <see cref="SnapshotTables"/> in lower case, or <c>snapshots</c>.</param>
/// <param name="Path">The path.</param>
/// <param name="RowCount">The number of rows.</param>
/// <param name="Length">The size in bytes.</param>
public sealed record SnapshotFile(string Table, string Path, long RowCount, long Length);

/// <summary>How far a snapshot is.</summary>
/// <param name="Table">The table that is being written.</param>
/// <param name="Done">The page frame up to which memory has been read, or the number of processes or files.</param>
/// <param name="Fraction">The finished part of the snapshot, from 0 to 1: of the tables, and of the processes of the table that is being written.</param>
public readonly record struct SnapshotProgress(SnapshotTables Table, ulong Done, double Fraction);
