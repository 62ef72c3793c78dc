using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace PagemapTools.Procfs.Reports;

/// <summary>Puts the page together: its text, its style and its scripts, which are files in the folder Page, and the data.</summary>
/// <remarks>
/// The policy of the page (Content-Security-Policy) allows its own style and script by their hashes, and nothing else. Data is no script:
/// the JSON has no character that HTML knows, and all text of it becomes text nodes.
/// </remarks>
internal static class ReportPage
{
    private static readonly string[] s_styles = ["page.css", "parts.css"];
    private static readonly string[] s_scripts =
        ["elements.js", "data.js", "cells.js", "map.js", "maptext.js", "layout.js", "treemap.js", "bars.js", "matrix.js", "table.js", "spaces.js", "report.js"];

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Writes the page in UTF-8.</summary>
    public static void Write(Stream stream, ReportData data, FrameMap? map)
    {
        string style = Join(s_styles);
        string script = Join(s_scripts);
        string page = ReadPart("page.html")
            .Replace("{policy}", $"default-src 'none'; style-src '{Hash(style)}'; script-src '{Hash(script)}'; base-uri 'none'; form-action 'none'", StringComparison.Ordinal)
            .Replace("{style}", style, StringComparison.Ordinal)
            .Replace("{script}", script, StringComparison.Ordinal);

        // What is inserted last is not searched for placeholders.
        string[] parts = page.Split("{report}", "{runs}");
        using StreamWriter writer = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        writer.Write(parts[0]);
        writer.Write(JsonSerializer.Serialize(data, s_json));
        writer.Write(parts[1]);
        writer.Write(map is null ? string.Empty : Convert.ToBase64String(Encode(map.Runs)));
        writer.Write(parts[2]);
    }

    /// <summary>Encodes runs: all classes, then all counts, as numbers of 7 bits a byte, the lowest first, compressed by deflate.</summary>
    internal static byte[] Encode(IReadOnlyList<MapRun> runs)
    {
        using MemoryStream bytes = new();
        using (DeflateStream deflate = new(bytes, CompressionLevel.SmallestSize, leaveOpen: true))
        using (BinaryWriter writer = new(deflate))
        {
            foreach (MapRun run in runs)
            {
                writer.Write7BitEncodedInt(run.Class);
            }

            foreach (MapRun run in runs)
            {
                writer.Write7BitEncodedInt64(run.Count);
            }
        }

        return bytes.ToArray();
    }

    private static string[] Split(this string page, string first, string second)
    {
        int at = page.IndexOf(first, StringComparison.Ordinal);
        int end = page.IndexOf(second, StringComparison.Ordinal);
        return [page[..at], page[(at + first.Length)..end], page[(end + second.Length)..]];
    }

    private static string Join(IEnumerable<string> names) => $"\n{string.Concat(names.Select(ReadPart))}";

    private static string Hash(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    private static string ReadPart(string name)
    {
        using Stream part = typeof(ReportPage).Assembly.GetManifestResourceStream($"Report/{name}")!;
        byte[] bytes = new byte[part.Length];
        part.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }
}
