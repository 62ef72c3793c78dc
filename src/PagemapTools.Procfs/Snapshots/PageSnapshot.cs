namespace PagemapTools.Procfs.Snapshots;

/// <summary>A moment of a machine that <see cref="SnapshotExport"/> wrote.</summary>
public sealed class PageSnapshot
{
    private readonly ISnapshotFormat _format;
    private readonly SnapshotLocation _location;

    private PageSnapshot(ISnapshotFormat format, SnapshotLocation location)
    {
        (_format, _location) = (format, location);
        (DateTime time, long pageSize, Summary) = Read(SnapshotFiles.SummaryTable, (SummaryRows rows) => ((DateTime, long, SnapshotSummary)?)rows.Take(), CancellationToken.None).FirstOrDefault()
            ?? throw new ProcfsException(ProcfsError.SnapshotNotReadable, "The snapshot has no row in its table snapshots.", location.GetPath(SnapshotFiles.SummaryTable));
        Time = DateTime.SpecifyKind(time, DateTimeKind.Utc);
        if (pageSize != (long)PageGeometry.PageSize)
        {
            throw NotSupported($"The snapshot is of a machine with pages of {pageSize} bytes. It can be read on a machine with such pages.");
        }
    }

    /// <summary>The name of the host.</summary>
    public string HostName => _location.HostName;

    /// <summary>When the snapshot began, in UTC.</summary>
    public DateTime Time { get; }

    /// <summary>The tables that the snapshot has.</summary>
    public SnapshotTables Tables => Enum.GetValues<SnapshotTables>().Where(table => table != SnapshotTables.All && HasTable(table)).Aggregate(SnapshotTables.None, (all, table) => all | table);

    /// <summary>What the snapshot says about itself.</summary>
    internal SnapshotSummary Summary { get; }

    /// <summary>Opens the newest snapshot of a dataset.</summary>
    /// <param name="directory">The dataset.</param>
    /// <param name="format">The format of its files.</param>
    /// <param name="hostName">The host; null if the dataset has only one.</param>
    /// <param name="time">The moment at which, or before which, the snapshot began; null for the newest of all.</param>
    /// <exception cref="ProcfsException">There is no such snapshot, the host is not named and there are several, or the snapshot cannot be read.</exception>
    public static PageSnapshot Open(string directory, ISnapshotFormat format, string? hostName = null, DateTime? time = null) =>
        new(format, SnapshotLocation.Find(Path.GetFullPath(directory), hostName, time?.ToUniversalTime(), format.Extension));

    /// <summary>Reads the names of the processes by their ids; none if the snapshot lacks the table processes.</summary>
    /// <exception cref="ProcfsException">The table cannot be read.</exception>
    public IReadOnlyDictionary<int, string> ReadProcessNames(CancellationToken cancellationToken = default) =>
        ReadProcesses(cancellationToken).ToDictionary(process => process.ProcessId, process => process.Name);

    internal IEnumerable<FrameRun> ReadFrames(CancellationToken cancellationToken) => Read(SnapshotTables.Frames, (FrameRows rows) => rows.Take(), cancellationToken);

    internal IEnumerable<(int ProcessId, PageRun Run)> ReadPages(CancellationToken cancellationToken) => Read(SnapshotTables.Pages, (PageRows rows) => rows.Take(), cancellationToken);

    internal IEnumerable<(int ProcessId, ulong Start, Processes.MappingKind? Kind, string? Name)> ReadMappings(CancellationToken cancellationToken) =>
        Read(SnapshotTables.Mappings, (MappingRows rows) => rows.Take(), cancellationToken);

    internal IEnumerable<ProcessRow> ReadProcesses(CancellationToken cancellationToken) =>
        CheckKeys(SnapshotTables.Processes, Read(SnapshotTables.Processes, (ProcessRows rows) => rows.Take(), cancellationToken), row => $"process {row.ProcessId}");

    internal IEnumerable<(ulong Inode, string? Path)> ReadCgroups(CancellationToken cancellationToken) =>
        CheckKeys(SnapshotTables.Cgroups, Read(SnapshotTables.Cgroups, (CgroupRows rows) => rows.Take(), cancellationToken), row => $"cgroup {row.Inode}");

    private bool HasTable(SnapshotTables table) => table != SnapshotTables.None && Path.Exists(_location.GetPath(SnapshotFiles.GetDirectoryName(table)));

    private IEnumerable<TRow> Read<TRows, TRow>(SnapshotTables table, Func<TRows, TRow> take, CancellationToken cancellationToken)
        where TRows : SnapshotRows, new() => HasTable(table) ? Read(SnapshotFiles.GetDirectoryName(table), take, cancellationToken) : [];

    private IEnumerable<TRow> Read<TRows, TRow>(string table, Func<TRows, TRow> take, CancellationToken cancellationToken)
        where TRows : SnapshotRows, new()
    {
        string path = _location.GetPath(table);
        using TRows rows = new();
        using ISnapshotReader reader = Try(path, () => _format.OpenReader(path));

        // Another program may have rewritten the file without what it says about itself.
        string version = reader.Metadata.GetValueOrDefault(SnapshotSchema.VersionKey, $"{SnapshotSchema.Version}");
        if (version != $"{SnapshotSchema.Version}")
        {
            throw NotSupported($"'{path}' has version {version} of the tables. This module reads version {SnapshotSchema.Version}.");
        }

        while (Try(path, () => reader.Read(rows.Columns)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int row = 0; row < rows.Count; row++)
            {
                yield return take(rows);
            }

            rows.Clear();
        }
    }

    /// <summary>Returns the rows of a table that has one row for each key. Another program may have written the file.</summary>
    private IEnumerable<TRow> CheckKeys<TRow>(SnapshotTables table, IEnumerable<TRow> rows, Func<TRow, string> getKey)
    {
        HashSet<string> keys = new(StringComparer.Ordinal);
        foreach (TRow row in rows)
        {
            string key = getKey(row);
            if (!keys.Add(key))
            {
                string path = _location.GetPath(SnapshotFiles.GetDirectoryName(table));
                throw NotReadable(path, $"It has {key} twice.");
            }

            yield return row;
        }
    }

    private static T Try<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw NotReadable(path, failure.Message);
        }
    }

    private static ProcfsException NotReadable(string path, string reason) => new(ProcfsError.SnapshotNotReadable, $"'{path}' cannot be read: {reason}", path);

    private ProcfsException NotSupported(string message) => new(ProcfsError.SnapshotNotSupported, message, _location.GetPath(SnapshotFiles.SummaryTable));
}
