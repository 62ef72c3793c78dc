using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PagemapTools.Tests;

/// <summary>The bytes that PowerShell's console writes for a process that chose its names against the reader.</summary>
[Trait("Tier", "Privileged")]
[Collection(ExclusiveCollection.Name)]
public sealed partial class HostileTextTests
{
    private const string ProcessName = "he\u001b]0;X\a\r\nFAKE1\u009b\u202e.end";

    public static TheoryData<string, string> Commands => new()
    {
        { "Get-ProcessPageMap -Id $id -Address $addresses -Include MapCount", "FAKE-ROW" },
        { "Get-ProcessPageMap -Id $id -Address $addresses -AsRange", "OVERWRITTEN" },
        { "Get-ProcessPageMap -Id $id -Address $addresses | Format-List", "txt.exe" },
        { "(Get-ProcessPageMap -Id $id -Address $addresses).Mapping", "OWNED" },
        { "(Get-ProcessPageMap -Id $id -Address $addresses).Mapping | Format-List", "cls" },
        { "(Get-ProcessPageMap -Id $id -Address $addresses).Mapping | Format-Wide -Column 1", "OWNED" },
        { "(Get-ProcessPageMap -Id $id -Address $addresses).Mapping | ForEach-Object ToString", "FAKE-ROW" },
        { "Show-ProcessPageMap -Id $id -Address $addresses -Width 150", "end" },
        { "Measure-ProcessUss -Id $id", "end" },
        { "Measure-ProcessUss -Id $id | Format-List", "end" },
        { "Measure-ProcessUss -Id $id | Format-Wide -Column 1", "end" },
        { "Measure-ProcessUss -Id $id -ByMapping", "FAKE-ROW" },
        { "Measure-ProcessUss -Id $id -ByMapping | Format-List", "FAKE-ROW" },
        { "Measure-ProcessUss -Id $id -ByMapping | Format-Wide -Column 1", "FAKE-ROW" },
        { "Get-Item /; Measure-ProcessUss -Id $id; Measure-ProcessUss -Id $id -ByMapping -Mapping *row*", "FAKE-ROW" },
        { "Clear-SoftDirty -Id $id -WhatIf", "end" },
        { "Get-Process -Id $id | Measure-ProcessUss -ProcPath $tree -AllowSavedTree", "end" },
        { "Get-Process -Id $id | Measure-ProcessUss -ProcPath $tree -AllowSavedTree; $ErrorView = 'CategoryView'; $Error[0]", "end" },
        { "Measure-ProcessUss -Name \"nosuch`e0;X`a`u{202e}\"", "nosuch" },
        { "Get-ProcessPageMap -Id 7 -ProcPath $tree -AllowSavedTree", "MALFORMED" },
        { "Measure-ProcessUss -ProcPath $tree -AllowSavedTree -Verbose", "MALFORMED" },
        { "$line = \"Get-ProcessPageMap -Id $id -Mapping \"; (TabExpansion2 $line $line.Length).CompletionMatches | Format-List *", "FAKE-ROW" },
        { "(TabExpansion2 'Measure-ProcessUss -Name ' 25).CompletionMatches | Format-List *", "end" },
        { "(TabExpansion2 'Measure-ProcessUss -Id ' 23).CompletionMatches | Format-List *", "end" },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void NoControlCharacterReachesTheTerminal(string command, string shown)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.Start("hostile-names");
        using FakeProc tree = new();
        tree.AddProcess(7, "MALFORMED \u001b]0;X\a\r\u009b2J \u202e line").WritePagemap(7, 0x10000, 0);

        // Ansi, because PowerShell would strip some sequences itself.
        HostRun run = HostProgram.RunScript(
            $"$PSStyle.OutputRendering = 'Ansi'; $id = {target.ProcessId}; $tree = '{tree.Path}'; "
            + $"$addresses = '{string.Join("', '", target.Regions.Select(region => region.RangeText))}'; {command}");

        string text = OwnStyle().Replace(run.Output + run.Error, string.Empty);
        Assert.Contains(shown, Squeeze(text));
        Assert.Empty(text.EnumerateRunes().Where(rune => rune.Value != '\n' && Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator).Distinct());
        Assert.DoesNotContain(text.Split('\n'), line => line.StartsWith("FAKE-ROW", StringComparison.Ordinal) && !command.Contains("Format-", StringComparison.Ordinal));
    }

    [Fact]
    public void PropertiesHaveTheRawNameAndParametersTakeIt()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.Start("hostile-names");
        using Session session = new();
        session["name"] = ProcessName;

        Assert.Equal([target.ProcessId], session.GetObjects("Measure-ProcessUss -Name $name").GetColumn<int>("ProcessId"));
        Assert.Equal([ProcessName], session.GetObjects("Measure-ProcessUss -Name $name").GetColumn<string>("ProcessName"));
        session["id"] = target.ProcessId;
        session["pattern"] = "*/row\nFAKE-ROW 1 2 3";
        Assert.EndsWith("/row\nFAKE-ROW 1 2 3", Assert.Single(session.GetObjects("(Get-ProcessPageMap -Id $id -Mapping $pattern).Mapping.Path")).ToString());
    }

    // A name may be broken over several lines of its column.
    private static string Squeeze(string text) => string.Concat(text.Where(character => character is not (' ' or '\n')));

    // The colours of PowerShell itself; no name has these sequences.
    [GeneratedRegex(@"\x1b\[[0-9;]*m", RegexOptions.None, 1000)]
    private static partial Regex OwnStyle();
}
