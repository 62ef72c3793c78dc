using System.Text.Json;

namespace PagemapTools.Procfs.Snapshots;

/// <summary>The description of a table that each of its files has.</summary>
internal static class SnapshotSchema
{
    /// <summary>The version of all tables. It changes when a column gets another meaning or goes; a new column does not change it.</summary>
    public const int Version = 1;

    /// <summary>The key of the version in the metadata of a file.</summary>
    public const string VersionKey = "pagemaptools.schema_version";

    /// <summary>The version of the module.</summary>
    public static string ModuleVersion { get; } = typeof(SnapshotSchema).Assembly.GetName().Version!.ToString(3);

    /// <summary>Describes a table, its columns and their units: JSON below one key, and the version below another.</summary>
    public static IReadOnlyDictionary<string, string> Describe(string table, IReadOnlyList<SnapshotColumn> columns) => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["pagemaptools.table"] = table,
        [VersionKey] = $"{Version}",
        ["pagemaptools.module_version"] = ModuleVersion,
        ["pagemaptools.columns"] = JsonSerializer.Serialize(columns.Select(column => new { name = column.Name, unit = column.Unit, description = column.Description })),
    };
}
