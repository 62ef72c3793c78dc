using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace PagemapTools.Parquet.Tests.Support;

/// <summary>docs/snapshots.md, whose tables and queries are tested as they are written.</summary>
internal static partial class Document
{
    public static string Path { get; } = System.IO.Path.Join(GetSourceDirectory(), "../../../docs/snapshots.md");

    /// <summary>The views, and then the queries by their numbers.</summary>
    public static IReadOnlyList<string> Queries { get; } = ReadSection("Ten questions");

    /// <summary>What copies a dataset into few files.</summary>
    public static string Compaction { get; } = ReadSection("Many hosts and nights").Single();

    private static List<string> ReadSection(string heading)
    {
        string section = File.ReadAllText(Path).Split("\n## ").Single(text => text.StartsWith(heading + "\n", StringComparison.Ordinal));
        return [.. Sql().Matches(section).Select(match => match.Groups["sql"].Value)];
    }

    private static string GetSourceDirectory([CallerFilePath] string path = "") => System.IO.Path.GetDirectoryName(path)!;

    [GeneratedRegex("^```sql\n(?<sql>.*?)^```", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sql();
}
