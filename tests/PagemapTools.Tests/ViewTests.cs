using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>The tables of all objects on a screen of 100 columns.</summary>
[Trait("Tier", "Privileged")]
public sealed class ViewTests
{
    private const int Columns = 100;
    private const int ManyColumns = 400;

    public static TheoryData<string> Commands => new(
        "Get-ProcessPageMap -Id $id -Include Flags, MapCount, Cgroup -Raw | Stop-Upstream 200",
        "Get-ProcessPageMap -Id $id -IncludeUnpopulated | Stop-Upstream 200",
        "Get-ProcessPageMap -Id $id -AsRange -Include Flags, MapCount, Cgroup | Stop-Upstream 200",
        "Get-ProcessPageMap -Id $id -AsRange | Stop-Upstream 200 | ForEach-Object Mapping",
        "Get-KPageFlags -Pfn 0x10000 -Count 100 -Raw",
        "Get-KPageFlags -Pfn 0x1000 -Count 1000 -AsRange",
        "Get-KPageCount -Pfn 0x1000 -Count 30",
        "Get-KPageCgroup -Pfn 0x1000 -Count 30",
        "Get-KPageFlags -Pfn 0x1000 -Count 30 -Include All",
        "Get-FilePageMap /bin/sh -Include All",
        "Measure-FileCache /bin -MappedBy -WarningAction Ignore | Stop-Upstream 50",
        "Measure-KPageCgroup",
        "Measure-KPageFlags -ByKind",
        "Measure-KPageFlags -ByNode",
        "Measure-KPageFlags -Raw",
        "Measure-ProcessUss -Method MapCount -WarningAction Ignore",
        "Measure-ProcessUss -Id $id -ByMapping | Stop-Upstream 100",
        "Measure-ProcessUss -Id $id -Together -WarningAction Ignore",
        "Test-PagemapSupport");

    [Theory]
    [MemberData(nameof(Commands))]
    public void TableFitsTheScreenWithAllColumns(string command)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("odd-names").Stop();
        string[] narrow = Show(target, command, Columns);
        string[] wide = Show(target, command, ManyColumns);

        Assert.All(narrow, line => Assert.InRange(line.Length, 0, Columns));
        string[] header = FindHeader(wide);
        Assert.InRange(header.Length, 3, 12);

        // Mappings have more columns than this screen is wide; the last ones are left out.
        string[] fitting = FindHeader(narrow);
        Assert.Equal(command.Contains("-ByMapping", StringComparison.Ordinal) ? header[..fitting.Length] : header, fitting);
        Assert.True(!command.Contains("-ByMapping", StringComparison.Ordinal) || fitting.Contains("Name"), string.Join(' ', fitting));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void DeserialisedObjectsHaveTheSameTable(string command)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();

        // The command runs once, so that both tables show the same figures.
        ScreenHost live = new(Columns);
        ScreenHost elsewhere = new(Columns);
        using Session session = CreateSession(target, live);
        using Session other = CreateSession(target, elsewhere);
        IReadOnlyList<PSObject> items = [.. session.GetObjects(command).Take(200)];
        session["items"] = items;
        other["items"] = items.Select(item => PSSerializer.Deserialize(PSSerializer.Serialize(item, depth: 1))).ToArray();

        session.GetObjects("$items | Out-Default");
        other.GetObjects("$items | Out-Default");

        Assert.Equal(live.Lines, elsewhere.Lines);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void HeadersAreNamesOfProperties(string command)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session measuring = CreateSession(target, new ScreenHost(ManyColumns));
        PSObject item = measuring.GetObjects(command)[0];

        foreach (object form in (object[])[item, PSSerializer.Deserialize(PSSerializer.Serialize(item, depth: 1))])
        {
            ScreenHost screen = new(ManyColumns);
            using Session session = CreateSession(target, screen);
            session["item"] = form;
            session.Run("$item | Out-Default");
            Assert.All(FindHeader([.. screen.Lines]), header => Assert.Single(session.GetObjects($"if ($item.psobject.Properties['{header}']) {{ 1 }}")));
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void ObjectsHaveNoDuplicateProperties(string command)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session session = CreateSession(target, new ScreenHost(ManyColumns));

        session["item"] = session.GetObjects(command)[0];
        Assert.Empty(session.GetObjects("$item.psobject.Properties.ForEach{ if ($_.MemberType -in 'AliasProperty', 'ScriptProperty') { $_.Name } }"));
    }

    [Fact]
    public void PageTableGroupsByProcessAndMapping()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();

        string[] lines = Show(target, "Get-ProcessPageMap -Id $id -Address $range -Include Flags, MapCount", Columns);

        Assert.Single(lines, line => line.TrimStart().StartsWith("Process:", StringComparison.Ordinal));
        Assert.Contains(target.ProcessId.ToString(), lines[0]);
        Assert.Contains("rw-p", lines[0]);
        string[] first = SplitFields(lines[3]);
        Assert.Equal($"0x{target.Region.GetAddresses("written")[0]:x}", first[0]);
        Assert.Equal("Present", first[1]);
        Assert.Matches("^0x[0-9a-f]+$", first[2]);
        Assert.Contains("ANON", lines[3]);
    }

    [Fact]
    public void TableShowsSizesInBinaryUnits()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("dense", "size=300MiB").Stop();

        string line = Show(target, "Measure-ProcessUss -Id $id", Columns)[^1];

        Assert.Equal(target.ProcessId.ToString(), SplitFields(line)[0]);
        Assert.Matches(@"\s3\d\d\.\d MiB\s", line);
        Assert.EndsWith("dotnet", line);
    }

    [Fact]
    public void TableShowsNoZeroForUnknownValues()
    {
        using FakeProc tree = new();
        tree.AddProcess(7, 0x10000, PagemapBits.Present).WriteEntries("kpageflags", 0, 0);
        ScreenHost screen = new(Columns);
        using Session session = new(screen);
        session["tree"] = tree.Path;

        session.Run("Get-ProcessPageMap -Id 7 -ProcPath $tree -AllowSavedTree -WarningAction Ignore | Out-Default");

        Assert.Equal(["0x10000", "Present"], SplitFields(screen.Lines[3])[..2]);
        Assert.DoesNotContain(SplitFields(screen.Lines[3])[2..], field => field.Contains('0', StringComparison.Ordinal));
    }

    [Fact]
    public void LongTableHasOneHeader()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();

        string[] lines = Show(target, "Get-KPageCount -Pfn 0x1000 -Count 400", Columns);

        Assert.Single(lines, line => line.Contains("Pfn", StringComparison.Ordinal));
        Assert.Equal(402, lines.Length);
    }

    private static string[] Show(TargetProcess target, string command, int columns)
    {
        ScreenHost screen = new(columns);
        using Session session = CreateSession(target, screen);
        session.GetObjects($"{command} | Out-Default");
        return [.. screen.Lines];
    }

    private static Session CreateSession(TargetProcess target, ScreenHost screen)
    {
        Session session = new(screen);
        session["id"] = target.ProcessId;
        session["range"] = target.Regions[0].RangeText;
        return session;
    }

    // Returns the names above the first line of dashes.
    private static string[] FindHeader(string[] lines)
    {
        int dashes = Array.FindIndex(lines, line => line.TrimStart().StartsWith("--", StringComparison.Ordinal));
        Assert.True(dashes > 0, $"There is no table in: {string.Join('\n', lines.Take(5))}");
        return SplitFields(lines[dashes - 1]);
    }

    private static string[] SplitFields(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
