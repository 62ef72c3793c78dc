using System.Data.Common;
using DuckDB.NET.Data;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Parquet.Tests.Support;

/// <summary>A temporary directory with a dataset in its directory snapshots, and DuckDB, which reads it. Dispose removes it.</summary>
internal sealed class Dataset : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pagemaptools-dataset-").FullName;
    private readonly DuckDBConnection _connection = new("DataSource=:memory:");

    public Dataset()
    {
        _connection.Open();
        Execute($"SET file_search_path = '{_directory}'");
    }

    /// <summary>The directory of the dataset. Queries name it 'snapshots'.</summary>
    public string Path => System.IO.Path.Join(_directory, "snapshots");

    /// <summary>Writes a snapshot of a proc tree; null for this machine.</summary>
    public SnapshotResult Export(string? root, SnapshotTables tables, SnapshotOptions? options = null)
    {
        using ProcfsContext procfs = new(root is null ? null : new ProcRoot(root));
        return procfs.ExportSnapshot(Path, new ParquetFormat(), (options ?? new SnapshotOptions()) with { Tables = tables }, cancellationToken: TestContext.Current.CancellationToken);
    }

    public void Execute(string sql)
    {
        using DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Runs statements that semicolons separate.</summary>
    public void ExecuteEach(string sql) => sql.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToList().ForEach(Execute);

    /// <summary>Runs a query; a row has the values of its columns, null for NULL.</summary>
    public List<object?[]> Query(string sql)
    {
        using DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        using DbDataReader reader = command.ExecuteReader();
        List<object?[]> rows = [];
        while (reader.Read())
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(column => reader.IsDBNull(column) ? null : reader.GetValue(column))]);
        }

        return rows;
    }

    public void Dispose()
    {
        _connection.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
