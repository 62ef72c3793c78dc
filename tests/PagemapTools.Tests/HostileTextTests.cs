namespace PagemapTools.Tests;

/// <summary>
/// What a terminal gets for a process that chose its names against the reader, from every cmdlet that shows names. TextOfViewsTests has every
/// view of every type.
/// </summary>
[Trait("Tier", "Privileged")]
[Collection(ExclusiveCollection.Name)]
public sealed class HostileTextTests(HostileSession session) : IClassFixture<HostileSession>
{
    internal const string ProcessName = "he\u001b]0;X\a\r\nFAKE1\u009b\u202e.end";

    private const string HostilePath = @"x\u{1b}]0;X\u{7}\u{d}\u{a}FAKE-ROW456\u{9b}\u{202e}";

    // The only names that these show are those of cgroups, which not every machine lets a test make.
    private static readonly string[] s_cmdletsWithoutNames =
    [
        "Get-KPageCgroup", "Get-KPageCount", "Measure-KPageCgroup", "Show-KPageMap", "Test-PagemapSupport",
    ];

    /// <summary>The commands, and a part of what each shows; without spaces, because a name may be broken over several lines of its column.</summary>
    public static TheoryData<string, string> Commands => new()
    {
        { "Get-ProcessPageMap -Id $id -Address $addresses -Include MapCount", "FAKE-ROW" },
        { "Get-ProcessPageMap -Id $id -Address $addresses -AsRange", "OVERWRITTEN" },
        { "Get-ProcessPageMap -Id $id -Address $addresses | Format-List", "txt.exe" },
        { "Get-ProcessPageMap -Id 8 @saved", "/swaphe" },
        { "Get-ProcessPageMap -Id 8 @saved | Format-List", "/swaphe" },
        { "$pages.Mapping", "OWNED" },
        { "$pages.Mapping | Format-List", "cls" },
        { "$pages.Mapping | Format-Wide -Column 1", "OWNED" },
        { "$pages.Mapping | ForEach-Object ToString", "FAKE-ROW" },
        { "Compare-ProcessPageMap $id $id -Address $addresses", "FAKE-ROW" },
        { "Get-KPageMapping -Pfn $pages.Pfn", "FAKE-ROW" },
        { "Get-KPageMapping -Pfn $pages.Pfn | Format-Wide -Column 1", "end" },
        { "Get-FilePageMap $directory", "FAKE-ROW" },
        { "Measure-FileCache $directory", "FAKE-ROW" },
        { "[IO.File]::WriteAllText(\"/dev/shm/$hostile\", 'x'); Get-SharedMemory Posix; [IO.File]::Delete(\"/dev/shm/$hostile\")", HostilePath },
        { "Show-ProcessPageMap -Id $id -Address $addresses -Width 150", "end" },
        { "Measure-ProcessUss -Id $id", "end" },
        { "Measure-ProcessUss -Id $id | Format-List", "end" },
        { "Measure-ProcessUss -Id $id | Format-Wide -Column 1", "end" },
        { "Measure-ProcessUss -Id $id -ByMapping", "FAKE-ROW" },
        { "Measure-ProcessUss -Id $id -ByMapping | Format-List", "FAKE-ROW" },
        { "Measure-ProcessUss -Id $id -ByMapping | Format-Wide -Column 1", "FAKE-ROW" },
        { "Measure-ProcessUss -Id $id -ByNode", "end" },
        { "Measure-ProcessUss -Id $id -Together", "end" },
        { "Measure-ProcessUss -Id 8 -GroupBy Name @saved", "end" },
        { "Get-Item /; Measure-ProcessUss -Id $id; Measure-ProcessUss -Id $id -ByMapping -Mapping *row*", "FAKE-ROW" },
        { "Measure-ProcessSharing -Id $id, $PID", "end" },
        { "Measure-ProcessHugePage -Id $id", "end" },
        { "Measure-ProcessWorkingSet -Id $id -WhatIf", "end" },
        { "Clear-SoftDirty -Id $id -WhatIf", "end" },
        { "Clear-SoftDirty -Id $id -Confirm", "end" },
        { "Measure-ProcessWorkingSet -Id $id -Confirm", "end" },
        { "Disable-KPage $pages[0].Pfn -WhatIf", "end" },
        { "Enable-KPage $pages[0].Pfn -WhatIf", "end" },
        { "Export-PagemapMetric \"$directory/$hostile.prom\" -Confirm", HostilePath },
        { "Export-PageReport \"$directory/$hostile\" -Confirm", HostilePath },
        { "Export-PageSnapshot \"$directory/$hostile\" -Confirm", HostilePath },
        { "Export-PagemapMetric \"/nosuch/$hostile.prom\" -GroupBy Name @saved", HostilePath },
        { "Export-PageReport \"/nosuch/$hostile\" -Id 8 @saved", HostilePath },
        { "Measure-ProcessUss -Id $id -Mapping \"nosuch$hostile\" -Verbose", "hasnomapping" },
        { "Measure-ProcessUss -Id $id -Mapping \"nosuch$hostile\"", "WARNING:" },
        { "$ProgressPreference = 'Continue'; Get-ProcessPageMap -Id 9 -IncludeUnpopulated -AsRange @saved", "process9(he" },
        { "Measure-KPageFlags -Name \"nosuch$name\"", "nosuch" },
        { "Get-Process -Id $id | Measure-ProcessUss @saved", "end" },
        { "Get-Process -Id $id | Measure-ProcessUss @saved; $ErrorView = 'CategoryView'; $Error[0]", "end" },
        { "Measure-ProcessUss -Name \"nosuch$name\"", "nosuch" },
        { "Get-ProcessPageMap -Id 7 @saved", "MALFORMED" },
        { "Measure-ProcessUss -Id 7 -Method Exclusive @saved", "MALFORMED" },
        { "Get-ProcessPageMap -Id 7 -Address $hostile", "isnotanaddress" },
        { "Get-KPageFlags -BitSpec $hostile", "isnotthenameofapageflag" },
        { "Get-KPageFlags $hostile", "isnotapageframenumber" },
        { "Get-KPageFlags \"1-$hostile\"", "isnotapageframenumber" },
        { "$line = \"Get-ProcessPageMap -Id $id -Mapping \"; (TabExpansion2 $line $line.Length).CompletionMatches | Format-List *", "FAKE-ROW" },
        { "(TabExpansion2 'Measure-ProcessUss -Name ' 25).CompletionMatches | Format-List *", "end" },
        { "(TabExpansion2 'Measure-ProcessUss -Id ' 23).CompletionMatches | Format-List *", "end" },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void NoControlCharacterReachesTheTerminal(string command, string shown)
    {
        Require.PageFrames();
        Require.Program("script");
        string text = Terminal.RemoveOwnSequences(session[command]);

        Assert.True(string.Concat(text.Where(character => character is not (' ' or '\n'))).Contains(shown, StringComparison.Ordinal), text);
        Assert.Empty(Terminal.FindControlCharacters(text));

        // Wide cells and lists may be broken anywhere.
        Assert.DoesNotContain(text.Split('\n'), line => line.StartsWith("FAKE-ROW", StringComparison.Ordinal) && !command.Contains("Format-", StringComparison.Ordinal));
    }

    [Fact]
    public void EveryCmdletThatShowsNamesHasACommand()
    {
        using Session engine = new();
        string all = string.Join('\n', Commands.Select(row => row.Data.Item1));
        IEnumerable<string> missing = engine.GetObjects("(Get-Command -Module PagemapTools).Name").Select(name => name.ToString()).Where(name => !all.Contains($"{name} ", StringComparison.Ordinal));
        Assert.Equal(s_cmdletsWithoutNames, missing.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void PropertiesHaveTheRawNameAndParametersTakeIt()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.Start("hostile-names");
        using Session engine = new();
        engine["name"] = ProcessName;

        Assert.Equal([target.ProcessId], engine.GetObjects("Measure-ProcessUss -Name $name").GetColumn<int>("ProcessId"));
        Assert.Equal([ProcessName], engine.GetObjects("Measure-ProcessUss -Name $name").GetColumn<string>("ProcessName"));
        engine["id"] = target.ProcessId;
        engine["pattern"] = "*/row\nFAKE-ROW 1 2 3";
        Assert.EndsWith("/row\nFAKE-ROW 1 2 3", Assert.Single(engine.GetObjects("(Get-ProcessPageMap -Id $id -Mapping $pattern).Mapping.Path")).ToString());
    }
}
