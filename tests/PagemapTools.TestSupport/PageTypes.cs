using System.Diagnostics;
using System.Globalization;

namespace PagemapTools.TestSupport;

/// <summary>Runs the kernel's page-types tool (tools/mm/page-types.c), if it is on PATH.</summary>
internal static class PageTypes
{
    private static readonly string? s_path = Tool.Find("page-types");

    public static bool IsThere => s_path is not null;

    /// <summary>Counts the pages of each combination of flags in a saved kpageflags.</summary>
    public static Dictionary<ulong, long> Count(string kpageflags, bool raw, string? bits = null) =>
        Run(["-F", kpageflags, .. raw ? ["--raw"] : Array.Empty<string>(), .. bits is null ? [] : new[] { "-b", bits }])
            .Where(line => line.StartsWith("0x", StringComparison.Ordinal))
            .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(fields => ulong.Parse(fields[0].AsSpan(2), NumberStyles.AllowHexSpecifier), fields => long.Parse(fields[1]));

    /// <summary>Returns the flags of a list of names and numbers.</summary>
    public static ulong Flags(string names) =>
        ulong.Parse(Run(["-d", names])[0].Split('\t')[0].AsSpan(2), NumberStyles.AllowHexSpecifier);

    /// <summary>Returns whether the tool's table has a name.</summary>
    public static bool Knows(string name) => Run(["-h"]).Any(line => line.Contains(name, StringComparison.Ordinal));

    /// <summary>Returns the letters of a combination of flags. It removes the underscores, whose positions differ between versions.</summary>
    public static string Letters(ulong flags) =>
        Run(["-d", FormattableString.Invariant($"0x{flags:x}")])[0].Split('\t')[1].Replace("_", string.Empty, StringComparison.Ordinal);

    /// <summary>Runs the tool and returns the lines that it prints.</summary>
    public static string[] Run(string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(s_path!, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n');
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"page-types {string.Join(' ', arguments)} ended with {process.ExitCode}: {string.Join('\n', lines.TakeLast(3))}");
        return lines;
    }
}
