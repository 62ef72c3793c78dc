using System.Globalization;
using System.IO.Compression;
using System.Management.Automation;
using System.Text;
using System.Text.Json.Nodes;
using PagemapTools.Tests.Browser;

namespace PagemapTools.Tests;

/// <summary>Export-PageReport -Snapshot: a report of a snapshot is that of the machine, and says what the snapshot does not have.</summary>
[Trait("Tier", "Unit")]
public sealed class SnapshotReportTests : IDisposable
{
    private const string Pictures = "The map and the bars of physical memory are left out. ";
    private const string Matrix = "The sharing matrix is left out, and who maps a page frame is unknown. ";

    private readonly FakeProc _tree = ReportTree.Create();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pagemaptools-snapshot-");
    private readonly Session _session = new();

    public SnapshotReportTests()
    {
        _session["snapshots"] = Dataset;
        _session["report"] = FilePath;
        _session["PSDefaultParameterValues"] = new DefaultParameterDictionary { ["*:ProcPath"] = _tree.Path, ["*:AllowSavedTree"] = true };
    }

    private string Dataset => Path.Join(_directory.FullName, "snapshots");

    private string FilePath => Path.Join(_directory.FullName, "report.html");

    public void Dispose()
    {
        _session.Dispose();
        _tree.Dispose();
        _directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-IncludeFrames")]
    [InlineData("-Id 100, 103")]
    [InlineData("-Name par*, child")]
    public void AReportOfASnapshotHasTheFiguresOfTheMachine(string parameters)
    {
        _session.GetObjects($"Export-PageReport $report {parameters}");
        (string expected, string runs) = ReadFigures();
        File.Delete(FilePath);

        _session.GetObjects($"Export-PageSnapshot $snapshots -IncludePfn -HostName web1; Export-PageReport $report -Snapshot $snapshots {parameters}");

        Assert.Equal(expected, ReadFigures().Figures);
        Assert.Equal(runs, ReadFigures().Runs);
    }

    [Fact]
    public void AReportNamesTheHostAndTheMomentOfTheSnapshot()
    {
        DateTime time = TakeSnapshot("-HostName web1");
        JsonNode report = Export();

        Assert.Equal(("web1", "6.12.1-made-up", time.ToString("yyyy-MM-ddTHH:mm:ss+00:00", CultureInfo.InvariantCulture)), ((string?)report["host"], (string?)report["kernel"], (string?)report["time"]));
        Assert.InRange((double)report["snapshotSeconds"]!, 0, 60);
    }

    [Theory]
    [InlineData("Frames, Processes, Cgroups", "The mappings and the address spaces of processes are left out. The snapshot has no table pages.", Matrix)]
    [InlineData("Frames, Pages, Mappings, Processes -IncludePfn", "Cgroups have numbers instead of names. ")]
    [InlineData("Frames, Pages, Mappings, Processes, Cgroups", Matrix + "The snapshot has no page frame numbers of processes: ")]
    [InlineData("Pages, Mappings, Processes -IncludePfn", Pictures + "The snapshot has no table frames.", Matrix + "The snapshot has no table frames.")]
    [InlineData("Frames, Cgroups", "The processes are left out. The snapshot has no table processes.", Matrix)]
    public void WhatTheSnapshotLacksIsSaid(string tables, params string[] expected)
    {
        TakeSnapshot($"-Include {tables}");
        Outcome outcome = _session.Run("Export-PageReport $report -Snapshot $snapshots");

        Assert.Null(outcome.Termination);
        Assert.Equal(expected.Length, outcome.Warnings.Count);
        Assert.All(expected.Zip(outcome.Warnings), note => Assert.StartsWith(note.First, note.Second, StringComparison.Ordinal));
        JsonNode report = ReportFixture.ReadData(FilePath);
        Assert.Equal(outcome.Warnings, report["notes"]!.AsArray().Select(note => (string)note!));
        Assert.Equal(expected.Any(note => note.StartsWith(Pictures, StringComparison.Ordinal)), report["memory"] is null);
        Assert.Equal(expected.Any(note => note.StartsWith(Matrix, StringComparison.Ordinal)), report["sharing"] is null);
        Assert.Equal(report["sharing"] is null, report["memory"]?["map"]?["owners"] is null);
    }

    [Fact]
    public void TheHostAndTheMomentCanBeChosen()
    {
        DateTime first = TakeSnapshot("-HostName web1");
        _tree.WriteText("sys/kernel/osrelease", "6.12.2-made-up\n");
        TakeSnapshot("-HostName web1");
        Assert.Equal("6.12.2-made-up", (string?)Export()["kernel"]);
        _session["time"] = first.ToLocalTime();
        Assert.Equal("6.12.1-made-up", (string?)Export("-Time $time")["kernel"]);
        Assert.Equal("SnapshotNotFound", _session.GetTermination("Export-PageReport $report -Snapshot $snapshots -Time $time.AddMilliseconds(-1)").GetErrorId());

        TakeSnapshot("-HostName a/b");
        ErrorRecord error = _session.GetTermination("Export-PageReport $report -Snapshot $snapshots");
        Assert.Equal(("SnapshotHostUnknown", Dataset), (error.GetErrorId(), error.TargetObject));
        Assert.Contains("a/b, web1", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("a/b", (string?)Export("-HostName a/b")["host"]);
        Assert.Equal("SnapshotNotFound", _session.GetTermination("Export-PageReport $report -Snapshot $snapshots -HostName web2").GetErrorId());
    }

    [Theory]
    [InlineData("-Snapshot $snapshots/none", "SnapshotNotFound")]
    [InlineData("-Snapshot $snapshots/frames", "SnapshotNotFound")]
    [InlineData("-HostName web1", "NoSnapshot")]
    [InlineData("-Time 2026-11-25", "NoSnapshot")]
    public void APathThatIsNoSnapshotIsAnError(string parameters, string expected)
    {
        TakeSnapshot(string.Empty);

        Assert.Equal(expected, _session.GetTermination($"Export-PageReport $report {parameters}").GetErrorId());
        Assert.False(File.Exists(FilePath));
    }

    [Theory]
    [InlineData("snapshots")]
    [InlineData("frames")]
    public void AnotherVersionOfTheTablesAndADamagedFileAreErrors(string table)
    {
        TakeSnapshot(string.Empty);
        string path = Assert.Single(Directory.GetFiles(Path.Join(Dataset, table), "*.parquet", SearchOption.AllDirectories));
        byte[] bytes = File.ReadAllBytes(path);

        // The metadata at the end of the file has each key followed by its value, with a byte for the field and one for the length.
        int version = bytes.AsSpan().LastIndexOf("pagemaptools.schema_version"u8) + "pagemaptools.schema_version".Length + 2;
        Assert.Equal((byte)'1', bytes[version]);
        bytes[version] = (byte)'2';
        File.WriteAllBytes(path, bytes);
        Assert.Equal("SnapshotNotSupported", _session.GetTermination("Export-PageReport $report -Snapshot $snapshots").GetErrorId());

        foreach (byte[] damaged in (byte[][])[[], Encoding.ASCII.GetBytes("no Parquet at all"), bytes[..^100]])
        {
            File.WriteAllBytes(path, damaged);
            ErrorRecord error = _session.GetTermination("Export-PageReport $report -Snapshot $snapshots");
            Assert.Equal(("SnapshotNotReadable", path), (error.GetErrorId(), error.TargetObject));
        }

        Assert.False(File.Exists(FilePath));
    }

    [Fact]
    public void AProcessThatTheSnapshotLacksIsAnErrorAndTheOthersAreInTheReport()
    {
        TakeSnapshot("-IncludePfn");
        Outcome outcome = _session.Run("Export-PageReport $report -Snapshot $snapshots -Id 100, 999");

        Assert.Equal(("NoProcessFoundForGivenId", 999), (Assert.Single(outcome.Errors).GetErrorId(), outcome.Errors[0].TargetObject));
        Assert.Equal(100, (int)Assert.Single(ReportFixture.ReadData(FilePath)["processes"]!.AsArray())!["id"]!);
        Assert.Equal("NoProcessFoundForGivenName", Assert.Single(_session.Run("Export-PageReport $report -Snapshot $snapshots -Name nobody").Errors).GetErrorId());
    }

    /// <summary>Writes a snapshot and returns when it began, as the name of its newest file says.</summary>
    private DateTime TakeSnapshot(string parameters)
    {
        Assert.Empty(_session.Run($"Export-PageSnapshot $snapshots {parameters}").Errors);
        string newest = Directory.GetFiles(Path.Join(Dataset, "snapshots"), "*.parquet", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)).Max(StringComparer.Ordinal)!;
        return DateTime.ParseExact(newest[..20], "yyyyMMdd'T'HHmmss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
    }

    private JsonNode Export(string parameters = "")
    {
        Assert.Null(_session.Run($"Export-PageReport $report -Snapshot $snapshots {parameters}").Termination);
        return ReportFixture.ReadData(FilePath);
    }

    /// <summary>Reads all figures, and the runs of the map with what their classes mean: threads number sets of processes in any order.</summary>
    private (string Figures, string Runs) ReadFigures()
    {
        JsonObject data = ReportFixture.ReadData(FilePath).AsObject();
        Assert.True(data.Remove("host") && data.Remove("time") && data.Remove("snapshotSeconds"));

        // A snapshot does not tell the sizes of folios.
        foreach (JsonNode? space in data["spaces"]!.AsArray())
        {
            Assert.True(space!.AsObject().Remove("broken"));
            space["bins"] = new JsonArray([.. space["bins"]!.AsArray().Select(bin => JsonValue.Create($"{(long)bin![0]! + (long)bin[1]!} {bin[2]} {bin[3]} {bin[4]} {bin[5]}"))]);
        }

        JsonNode map = data["memory"]!["map"]!;
        string[] classes = [.. map["classes"]!.AsArray().Select(item => $"{map["uses"]![(int)item![0]!]} {map["flags"]![(int)item[1]!]} {item[2]} {map["cgroups"]![(int)item[3]!]} {map["owners"]![(int)item[4]!]!.ToJsonString()}")];
        Assert.True(map.AsObject().Remove("classes") && map.AsObject().Remove("owners"));

        string page = File.ReadAllText(FilePath);
        int start = page.IndexOf("id=\"runs\">", StringComparison.Ordinal) + "id=\"runs\">".Length;
        using DeflateStream bytes = new(new MemoryStream(Convert.FromBase64String(page[start..page.IndexOf('<', start)])), CompressionMode.Decompress);
        using BinaryReader reader = new(bytes);
        string[] runs = [.. Enumerable.Range(0, (int)map["runCount"]!).Select(_ => classes[reader.Read7BitEncodedInt()])];
        IEnumerable<(string Class, long Count)> counted = runs.Select(run => (run, reader.Read7BitEncodedInt64()));
        IEnumerable<string> text = map["segments"] is null
            ? counted.GroupBy(run => run.Class, run => run.Count).Select(run => $"{run.Key} {run.Sum()}").Order(StringComparer.Ordinal)
            : counted.Select(run => $"{run.Class} {run.Count}");
        string described = string.Join('\n', text);
        map["runCount"] = 0;
        return (data.ToJsonString(), described);
    }
}
