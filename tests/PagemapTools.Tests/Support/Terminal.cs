using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PagemapTools.Tests.Support;

/// <summary>Runs the host on a pseudo-terminal of its own (script of util-linux), and returns what the terminal gets.</summary>
internal static partial class Terminal
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs a script file; the host imports the module first.</summary>
    /// <param name="path">The script.</param>
    /// <param name="input">What a user types ahead.</param>
    public static string RunScript(string path, string input)
    {
        // Ansi, because PowerShell would strip some sequences itself.
        ProcessStartInfo start = DotnetProgram.CreateStartInfo(BuiltFiles.Host, user: null);
        string command = string.Join(' ', ((string[])[start.FileName, .. start.ArgumentList, "-NoProfile", "-File", path]).Select(argument => $"'{argument}'"));
        start.FileName = "script";
        start.ArgumentList.Clear();
        Array.ForEach((string[])["-q", "-e", "-c", $"stty -opost cols 300 rows 60; exec {command}", "/dev/null"], start.ArgumentList.Add);
        start.StandardOutputEncoding = Encoding.UTF8;
        start.Environment["TERM"] = "xterm";
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Flush();
        if (!process.WaitForExit(s_patience))
        {
            process.Kill(entireProcessTree: true);
            throw new Xunit.Sdk.XunitException($"The host does not end:\n{output.GetAwaiter().GetResult()}");
        }

        return output.GetAwaiter().GetResult();
    }

    /// <summary>Removes the sequences of PowerShell and .NET: colours, and those of the keyboard, the cursor's line and the progress. No name of the tests has these.</summary>
    public static string RemoveOwnSequences(string text) => OwnSequence().Replace(text, string.Empty);

    /// <summary>Finds the characters that move the cursor, begin a line or change the order of reading, by the categories of Unicode.</summary>
    public static IEnumerable<string> FindControlCharacters(string text) => text.EnumerateRunes()
        .Where(rune => rune.Value != '\n' && Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
        .Select(rune => $"U+{rune.Value:X4}").Distinct();

    [GeneratedRegex(@"\x1b\[[0-9;]*m|\x1b\[\?(1|12|25)[hl]|\x1b[=>]|\x1b\[[0-9]*[ABCDGKX]|\x1b\[[0-9]+;[0-9]+H|\x1b\[6n", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OwnSequence();
}
