using System.Text.Json;
using System.Text.RegularExpressions;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Parquet.Tests;

/// <summary>docs/snapshots.md, the files' own description and their columns say the same.</summary>
[Trait("Tier", "Unit")]
public sealed partial class SchemaTests : IDisposable
{
    private readonly FakeProc _tree = new();
    private readonly Dataset _dataset = new();

    public SchemaTests() => _tree.WriteEntries("kpageflags", 0, 1UL << 10).WriteEntries("kpagecgroup", 0, 0);

    public void Dispose()
    {
        _dataset.Dispose();
        _tree.Dispose();
    }

    [Fact]
    public void TheDocumentDescribesEachColumnWithItsUnit()
    {
        SnapshotResult result = _dataset.Export(_tree.Path, SnapshotTables.All, new SnapshotOptions { ProcessIds = [] });

        Assert.Equal([.. Enum.GetNames<SnapshotTables>().Except(["None", "All"]).Select(name => name.ToLowerInvariant()), "snapshots"], result.Files.Select(file => file.Table));
        Assert.Equal(ReadDocument(), result.Files.SelectMany(Describe));
    }

    [Fact]
    public void EachFileNamesItsTableAndTheVersions()
    {
        SnapshotFile file = _dataset.Export(_tree.Path, SnapshotTables.Frames).Files[0];

        Assert.Equal(
            [["pagemaptools.module_version", "0.1.0"], ["pagemaptools.schema_version", "1"], ["pagemaptools.table", "frames"]],
            _dataset.Query($"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{file.Path}') WHERE decode(key) <> 'pagemaptools.columns' ORDER BY 1"));
    }

    private IEnumerable<string> Describe(SnapshotFile file)
    {
        string json = (string)_dataset.Query($"SELECT decode(value) FROM parquet_kv_metadata('{file.Path}') WHERE decode(key) = 'pagemaptools.columns'")[0][0]!;
        List<object?[]> types = _dataset.Query($"SELECT name, type, logical_type, repetition_type FROM parquet_schema('{file.Path}') WHERE type IS NOT NULL");
        return JsonDocument.Parse(json).RootElement.EnumerateArray().Zip(types, (column, type) =>
        {
            Assert.Equal(column.GetProperty("name").GetString(), type[0]);
            return $"{file.Table} | {type[0]} | {GetTypeName($"{type[1]}", $"{type[2]}")}{(type[3] is "OPTIONAL" ? "?" : string.Empty)} | {column.GetProperty("unit")} | {column.GetProperty("description")}";
        });
    }

    private static string GetTypeName(string type, string logicalType) =>
        logicalType.StartsWith("TimestampType(isAdjustedToUTC=1", StringComparison.Ordinal) ? "timestamp"
        : logicalType.Contains("isSigned=0", StringComparison.Ordinal) ? "uint64"
        : logicalType.StartsWith("String", StringComparison.Ordinal) ? "string"
        : type == "BOOLEAN" ? "boolean"
        : type == "INT64" ? "int64"
        : $"{type} {logicalType}";

    private static IEnumerable<string> ReadDocument()
    {
        string table = string.Empty;
        foreach (string line in File.ReadLines(Document.Path))
        {
            table = line.StartsWith("### ", StringComparison.Ordinal) ? line[4..] : line.StartsWith("## ", StringComparison.Ordinal) ? string.Empty : table;
            if (table.Length > 0 && Row().Match(line) is { Success: true } row && row.Groups["column"].Value is not ("Column" or "---"))
            {
                yield return $"{table} | {row.Groups["column"]} | {row.Groups["type"]} | {row.Groups["unit"]} | {row.Groups["meaning"]}";
            }
        }
    }

    [GeneratedRegex(@"^\| (?<column>.+?) \| (?<type>.+?) \| (?<unit>.+?) \| (?<meaning>.+?) \|$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();
}
