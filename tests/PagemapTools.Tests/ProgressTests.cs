using System.Diagnostics;
using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Only long work reports progress, a few times a second.</summary>
[Trait("Tier", "Live")]
public sealed class ProgressTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_work = TimeSpan.FromSeconds(3);

    [Fact]
    public void LongWorkReportsProgressAFewTimesASecond()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("scattered", "pages=16");
        using Session session = new();
        session["id"] = target.ProcessId;
        using PowerShell shell = session.CreateCommand("Get-ProcessPageMap -Id $id -IncludeUnpopulated -AsRange | ForEach-Object { }");

        IAsyncResult work = shell.BeginInvoke();
        Assert.True(SpinWait.SpinUntil(() => shell.Streams.Progress.Count > 0, s_patience), "Nothing was shown.");
        int shown = shell.Streams.Progress.Count;
        Assert.False(work.AsyncWaitHandle.WaitOne(s_work), "The work ended by itself.");
        shell.Stop();

        ProgressRecord[] records = [.. shell.Streams.Progress];
        Assert.InRange(records.Length - shown, 0, (int)(s_work.TotalSeconds * 5));
        Assert.All(records, record => Assert.InRange(record.PercentComplete, 0, 100));
        Assert.Contains(target.ProcessId.ToString(), records[0].Activity);
    }

    [Fact]
    public void NameInProgressIsEscaped()
    {
        using FakeProc tree = new();
        const ulong Size = 1UL << 45;
        tree.AddProcess(7, $"10000000-{0x10000000 + Size:x} rw-p 00000000 00:00 0 ").WritePagemap(7, Size, 0).WriteText("7/comm", "x\u001b]0;\a\n\u202e\n");
        using Session session = new();
        session["tree"] = tree.Path;
        using PowerShell shell = session.CreateCommand("Get-ProcessPageMap -Id 7 -ProcPath $tree -AllowSavedTree -IncludeUnpopulated -AsRange");

        shell.BeginInvoke();
        Assert.True(SpinWait.SpinUntil(() => shell.Streams.Progress.Count > 0, s_patience), "Nothing was shown.");
        shell.Stop();

        Assert.Contains(@"x\u{1b}]0;\u{7}\u{a}\u{202e}", shell.Streams.Progress[0].Activity);
    }

    /// <summary>Processes 7 and 8 take seconds, because their pagemaps have so many entries.</summary>
    [Fact]
    public void ASnapshotShowsItsTableAndTheFinishedPart()
    {
        using FakeProc tree = new();
        foreach ((int processId, ulong size) in ((int, ulong)[])[(7, 1UL << 40), (8, 1UL << 39)])
        {
            tree.AddProcess(processId, $"10000000-{0x10000000 + size:x} rw-p 00000000 00:00 0 ").WritePagemap(processId, 0x10000000 + size - KernelFile.PageSize, 0);
        }

        tree.AddProcess(9, 0x10000, PagemapBits.PresentAt(1));
        using Session session = new();
        session["tree"] = tree.Path;

        Outcome outcome = session.Run("Export-PageSnapshot $tree/snapshots -ProcPath $tree -AllowSavedTree -Include Pages, Mappings");

        ProgressRecord[] shown = [.. outcome.Progress.Where(record => record.Activity == "Writing a snapshot")];
        Assert.Equal(ProgressRecordType.Completed, shown[^1].RecordType);
        ProgressRecord[] positions = shown[..^1];
        Assert.All(positions, record => Assert.Matches("^(Pages|Mappings): [0-3] processes read$", record.StatusDescription));
        Assert.Equal(positions.Select(record => record.PercentComplete).Order(), positions.Select(record => record.PercentComplete));
        Assert.InRange(positions[^1].PercentComplete, 16, 100);
    }

    [Theory]
    [InlineData("Get-ProcessPageMap -Id $id")]
    [InlineData("Measure-ProcessUss -Id $id")]
    public void ShortWorkReportsNoProgress(string command)
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon");
        using Session session = new();
        session["id"] = target.ProcessId;

        Stopwatch watch = Stopwatch.StartNew();
        Outcome outcome = session.Run(command);

        Require.That(!(watch.Elapsed > TimeSpan.FromSeconds(1)), "IdleMachine", "This machine is too busy for short work.");
        Assert.Empty(outcome.Progress);
    }
}
