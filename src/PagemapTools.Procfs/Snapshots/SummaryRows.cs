namespace PagemapTools.Procfs.Snapshots;

/// <summary>The row of the table snapshots: it is written when all other files of the snapshot are there.</summary>
internal sealed class SummaryRows : SnapshotRows
{
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _tables;
    private readonly SnapshotColumn<long> _processes;
    private readonly SnapshotColumn<long> _failures;
    private readonly SnapshotColumn<long> _duration;
    private readonly SnapshotColumn<long> _pageSize;
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _kernel;
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _bootId;
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _moduleVersion;
    private readonly SnapshotColumn<long> _schemaVersion;

    public SummaryRows()
    {
        _tables = DefineText("tables", "The tables of the snapshot, separated by commas.");
        _processes = Define<long>("processes", "processes", "The processes that were to be read.");
        _failures = Define<long>("failed_processes", "processes", "Those that are missing or are there in part, without kernel threads and processes that ended meanwhile.");
        _duration = Define<long>("duration", "milliseconds", "How long the reading took: what changed meanwhile may be in it twice, or not at all.");
        _pageSize = Define<long>("page_size", "bytes", "The size of a page, and of a page frame.");
        _kernel = DefineText("kernel", "The release of the kernel.");
        _bootId = DefineText("boot_id", "The identity of the boot: page frame numbers and start_ticks of two boots have nothing to do with each other.");
        _moduleVersion = DefineText("module_version", "The version of PagemapTools that wrote the snapshot.");
        _schemaVersion = Define<long>("schema_version", "version", "The version of the tables.");
    }

    public void Add(SnapshotSummary summary)
    {
        _tables.Add(ToText(summary.Tables.ToString().ToLowerInvariant()));
        _processes.Add(summary.ProcessCount);
        _failures.Add(summary.FailureCount);
        _duration.Add((long)summary.Duration.TotalMilliseconds);
        _pageSize.Add((long)PageGeometry.PageSize);
        _kernel.Add(ToText(summary.KernelRelease));
        _bootId.Add(ToText(summary.BootId));
        _moduleVersion.Add(ToText(SnapshotSchema.ModuleVersion));
        _schemaVersion.Add(SnapshotSchema.Version);
        EndRow();
    }

    /// <summary>Takes the row that was read.</summary>
    public (DateTime Time, long PageSize, SnapshotSummary Summary) Take()
    {
        _ = Enum.TryParse(TakeText(_tables), ignoreCase: true, out SnapshotTables tables);
        SnapshotSummary summary = new(
            tables, (int)_processes.TakeKnown(), (int)_failures.TakeKnown(), TimeSpan.FromMilliseconds(_duration.TakeKnown()), TakeText(_kernel), TakeText(_bootId));
        return (TakeTime(), _pageSize.TakeKnown(), summary);
    }
}

/// <summary>What a snapshot says about itself.</summary>
internal sealed record SnapshotSummary(SnapshotTables Tables, int ProcessCount, int FailureCount, TimeSpan Duration, string? KernelRelease, string? BootId);
