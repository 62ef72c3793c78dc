using System.Globalization;

namespace PagemapTools.Procfs.Snapshots;

/// <summary>
/// The files of one snapshot in a dataset: DIRECTORY/TABLE/host=NAME/date=YYYY-MM-DD/TIME.EXTENSION. They get their names when all of them
/// are on the disk, the table snapshots last: what it lists is complete.
/// </summary>
internal sealed class SnapshotFiles(string directory, string host, DateTime time, ISnapshotFormat format) : IDisposable
{
    /// <summary>The table that has a row for each complete snapshot.</summary>
    public const string SummaryTable = "snapshots";

    /// <summary>Begins the names of directories for hosts; the escaped name of the host follows.</summary>
    public const string HostPrefix = "host=";

    private const string TimeFormat = "yyyyMMdd'T'HHmmss.fff'Z'";

    private readonly List<ISnapshotFileWriter> _files = [];

    // Two snapshots of one host may begin in the same millisecond, also in one process.
    private readonly string _name = string.Create(
        CultureInfo.InvariantCulture, $"{FormatTime(time)}-{Random.Shared.NextInt64(1L << 32):x8}{format.Extension}");

    /// <summary>When the snapshot began.</summary>
    public DateTime Time => time;

    /// <summary>Formats a moment in UTC as the names of files begin: in their order.</summary>
    public static string FormatTime(DateTime time) => time.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>Gets the name of the directory of a table.</summary>
    public static string GetDirectoryName(SnapshotTables table) => table.ToString().ToLowerInvariant();

    /// <summary>Begins the file of a table, and ends the one before: one table at a time has memory. This object disposes both.</summary>
    /// <exception cref="IOException">The file cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The caller may not create it.</exception>
    public SnapshotFileWriter<TRows> Begin<TRows>(SnapshotTables table, Func<TRows> createRows)
        where TRows : SnapshotRows => Begin(GetDirectoryName(table), createRows);

    /// <summary>Ends the last file and gives all of them their names.</summary>
    public IReadOnlyList<SnapshotFile> Commit(SnapshotSummary summary)
    {
        SnapshotFileWriter<SummaryRows> last = Begin(SummaryTable, () => new SummaryRows { Time = time });
        last.Rows.Add(summary);
        last.Complete();
        return [.. _files.Select(file => file.Commit())];
    }

    /// <summary>Removes the files that have no name.</summary>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    private SnapshotFileWriter<TRows> Begin<TRows>(string table, Func<TRows> createRows)
        where TRows : SnapshotRows
    {
        // Engines read host and date from the path, as they do in Hive: they are no columns of the file.
        string date = string.Create(CultureInfo.InvariantCulture, $"date={time:yyyy-MM-dd}");
        string partition = Path.Join(directory, table, $"{HostPrefix}{Uri.EscapeDataString(host)}", date);
        PrivateDirectory.Create(partition);
        _files.LastOrDefault()?.Complete();
        SnapshotFileWriter<TRows> file = new(table, Path.Join(partition, _name), format, createRows);
        _files.Add(file);
        return file;
    }
}
