using System.Runtime.CompilerServices;

namespace PagemapTools.Parquet.Tests.Support;

/// <summary>docs/snapshots.md, whose tables and queries are tested as they are written.</summary>
internal static class Document
{
    public static string Path { get; } = System.IO.Path.Join(GetSourceDirectory(), "../../../docs/snapshots.md");

    private static string GetSourceDirectory([CallerFilePath] string path = "") => System.IO.Path.GetDirectoryName(path)!;
}
