using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Measure-ProcessHugePage in an engine.</summary>
[Trait("Tier", "Privileged")]
public sealed class HugePageTests : IDisposable
{
    private readonly Session _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void BothQuestionsHaveAnAnswer()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("folios", "kib=0").Stop();
        _session["id"] = target.ProcessId;
        long pmd = target["pmd"].Length;
        IReadOnlyList<PSObject> rows = _session.GetObjects("Measure-ProcessHugePage $id | Where-Object { $_.Kind -eq 'Anonymous' -and $_.FolioSize -ge 2MB }");
        Assert.Equal(pmd * 7 / 2, rows.Sum(row => row.Get<long>("Bytes")));
        Assert.Equal(pmd, rows.Where(row => row.Get<bool>("IsPmdMapped")).Sum(row => row.Get<long>("Bytes")));
        Assert.Equal(pmd, Smaps.ReadRollup(target.ProcessId)["AnonHugePages"]);
        Assert.All(rows, row => Assert.Equal(100.0 * row.Get<long>("Bytes") / row.Get<long>("Rss"), row.Get<double>("Percent")));
    }

    [Fact]
    public void MappingsAndSamplesAreRowsOfTheirOwn()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("folios", "kib=0").Stop();
        _session["id"] = target.ProcessId;
        IReadOnlyList<PSObject> mappings = _session.GetObjects("Get-Process -Id $id | Measure-ProcessHugePage -ByMapping");
        Assert.Single(mappings, row => row.Get<bool>("IsPmdMapped"));
        IReadOnlyList<PSObject> samples = _session.GetObjects("Measure-ProcessHugePage -Id $id -SampleInterval 0.01 -MaxSamples 2 | Where-Object IsPmdMapped");
        Assert.Equal<long?>([null, 0], samples.Select(row => row.Get<long?>("BytesDelta")));
        Assert.Equal(2, samples.Select(row => row.Get<DateTime>("Timestamp")).Distinct().Count());
    }

    [Fact]
    public void TheTableHasAColumnForEachAnswer()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("folios", "kib=0").Stop();
        ScreenHost screen = new();
        using Session session = new(screen);
        session["id"] = target.ProcessId;
        session.GetObjects("Measure-ProcessHugePage $id | Where-Object IsPmdMapped | Out-Default");
        string[] lines = [.. screen.Lines.Where(line => line.Trim().Length > 0)];
        Assert.Equal(["Id", "Kind", "FolioSize", "Aligned", "Whole", "Pmd", "Bytes", "Percent", "ProcessName"], lines[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal([$"{target.ProcessId}", "Anonymous", "2.0", "MiB", "True", "True", "True", "2.0", "MiB"], lines[2].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[..9]);
    }

    [Fact]
    public void FailuresDoNotStopTheOthers()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("folios", "kib=0").Stop();
        Outcome outcome = _session.Run($"Measure-ProcessHugePage -Id {int.MaxValue}, {target.ProcessId}");
        Assert.Equal("NoProcessFoundForGivenId", Assert.Single(outcome.Errors).GetErrorId());
        Assert.NotEmpty(outcome.Output);
    }

    [Fact]
    public void HiddenFramesAreOneErrorThatNamesTheCapability()
    {
        Require.Nobody(BuiltFiles.Host, BuiltFiles.Module);
        HostRun run = HostProgram.RunScript("try { Measure-ProcessHugePage $PID } catch { \"$($_.FullyQualifiedErrorId.Split(',')[0])|$($_.Exception.Message)\" }", Machine.Nobody);
        Assert.Matches("^PageFramesHidden\\|.*CAP_SYS_ADMIN", Assert.Single(run.Lines));
    }
}
