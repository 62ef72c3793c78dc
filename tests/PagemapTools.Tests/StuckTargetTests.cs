using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>A process whose memory map stays locked does not hold up the cmdlets.</summary>
[Collection(ExclusiveCollection.Name)]
[Trait("Tier", "Privileged")]
public sealed class StuckTargetTests : IDisposable
{
    private readonly TargetProcess _target = TargetProcess.Start("locked-map");
    private readonly Session _session = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("pagemaptools-stuck-").FullName;

    public StuckTargetTests() => (_session["stuck"], _session["directory"]) = (Stuck, _directory);

    private int Stuck => _target.Children[0];

    public void Dispose()
    {
        _target.Dispose();
        BlockedThreads.WaitForNone();
        _session.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("Measure-ProcessUss -Id $stuck")]
    [InlineData("Measure-ProcessUss -Id $stuck -Method Exclusive")]
    [InlineData("Measure-ProcessUss -Id $stuck -ByMapping")]
    [InlineData("Get-ProcessPageMap -Id $stuck")]
    [InlineData("Get-ProcessPageMap -Id $stuck -ResolveShared -AsRange")]
    [InlineData("Measure-KPageFlags -Id $stuck")]
    [InlineData("Compare-ProcessPageMap $stuck $PID")]
    [InlineData("Compare-ProcessPageMap $PID $stuck")]
    [InlineData("Measure-ProcessSharing -Id $PID, $stuck")]
    [InlineData("Measure-ProcessUss -Id $stuck -Together")]
    [InlineData("Measure-ProcessUss -Id $stuck -GroupBy Name")]
    [InlineData("Measure-ProcessUss -Id $stuck, $PID -ByNode")]
    [InlineData("Show-ProcessPageMap -Id $stuck")]
    [InlineData("Export-PageSnapshot $directory -Id $stuck, $PID -Include All")]
    [InlineData("Export-PageReport $directory/report.html -Id $stuck, $PID")]
    [InlineData("Export-PagemapMetric $directory/metrics.prom -GroupBy Name, Cgroup, User")]
    [InlineData("Get-SharedMemory")]
    public void TargetThatDoesNotAnswerIsAnError(string command)
    {
        Outcome outcome = _session.Run($"{command} -TimeoutSec 1");

        ErrorRecord error = Assert.Single(outcome.Errors);
        Assert.StartsWith("ProcessTimedOut,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.OperationTimeout, error.CategoryInfo.Category);
        Assert.Equal(Stuck, error.TargetObject);
        Assert.Contains("within 1 seconds", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ClearSoftDirtyOfSuchATargetIsAnError()
    {
        Require.SoftDirty();
        ErrorRecord error = Assert.Single(_session.Run("Clear-SoftDirty -Id $stuck -TimeoutSec 1").Errors);
        Assert.StartsWith("ProcessTimedOut,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void OtherTargetsAreMeasured()
    {
        Outcome outcome = _session.Run($"Measure-ProcessUss -Id {Environment.ProcessId}, $stuck, {_target.ProcessId} -TimeoutSec 1");

        Assert.Equal([Environment.ProcessId, _target.ProcessId], outcome.Output.Select(row => row.Properties["ProcessId"].Value).Cast<int>());
        Assert.Equal(Stuck, Assert.Single(outcome.Errors).TargetObject);
    }

    [Fact]
    public void AllOthersAreMeasuredInARunOverAllProcesses()
    {
        Outcome outcome = _session.Run("Measure-ProcessUss -TimeoutSec 1");

        Assert.Contains(outcome.Errors, error => error.FullyQualifiedErrorId.StartsWith("ProcessTimedOut,", StringComparison.Ordinal) && Equals(error.TargetObject, Stuck));
        int[] measured = [.. outcome.Output.Select(row => (int)row.Properties["ProcessId"].Value)];
        Assert.Contains(_target.ProcessId, measured);
        Assert.Contains(Environment.ProcessId, measured);
        Assert.DoesNotContain(Stuck, measured);
    }

    [Fact]
    public void RepeatedCommandsLeaveNoMoreThreads()
    {
        for (int i = 0; i < 20; i++)
        {
            Assert.Single(_session.Run("Measure-ProcessUss -Id $stuck -TimeoutSec 1").Errors);
        }

        Assert.Equal(1, BlockedThreads.Count());
    }

    [Fact]
    public void TargetIsMeasuredAfterItsRelease()
    {
        Assert.Single(_session.Run("Measure-ProcessUss -Id $stuck -TimeoutSec 1").Errors);

        _target.Next();

        Assert.Equal(Stuck, Assert.Single(_session.GetObjects("Measure-ProcessUss -Id $stuck -TimeoutSec 60")).Properties["ProcessId"].Value);
    }

    [Theory]
    [InlineData("Measure-ProcessUss -Id $stuck")]
    [InlineData("Measure-ProcessUss")]
    [InlineData("Measure-ProcessUss -Id $stuck -ByMapping")]
    [InlineData("Get-ProcessPageMap -Id $stuck | ForEach-Object { }")]
    [InlineData("Measure-KPageFlags -Id $stuck")]
    [InlineData("Compare-ProcessPageMap $stuck $PID")]
    [InlineData("Measure-ProcessUss -Id $stuck, $PID -Together")]
    [InlineData("Measure-ProcessUss -Id $stuck -ByNode")]
    [InlineData("Show-ProcessPageMap -Id $stuck")]
    [InlineData("Export-PageSnapshot $directory -Id $stuck")]
    [InlineData("Export-PageSnapshot $directory -Include Files")]
    [InlineData("Export-PageReport $directory/report.html -Id $stuck")]
    [InlineData("Export-PagemapMetric $directory/metrics.prom")]
    [InlineData("Get-SharedMemory")]
    public void StopLeavesATargetThatDoesNotAnswer(string command)
    {
        using PowerShell shell = _session.CreateCommand($"{command} -TimeoutSec 3600".Replace(" | ForEach-Object { } -TimeoutSec 3600", " -TimeoutSec 3600 | ForEach-Object { }", StringComparison.Ordinal));
        IAsyncResult work = shell.BeginInvoke();
        BlockedThreads.WaitForSome();
        Assert.False(work.AsyncWaitHandle.WaitOne(TimeSpan.FromMilliseconds(500)), "The command ended by itself.");

        Stopwatch watch = Stopwatch.StartNew();
        shell.Stop();

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(PSInvocationState.Stopped, shell.InvocationStateInfo.State);
    }

    [Fact]
    public void CompletionListsTheOtherProcesses()
    {
        string[] ids = [.. CompleteInput("Get-ProcessPageMap -Id ")];
        Assert.Contains(_target.ProcessId.ToString(CultureInfo.InvariantCulture), ids);
        Assert.NotEmpty(CompleteInput($"Get-ProcessPageMap -Id {Stuck} -Mapping "));
    }

    private IEnumerable<string> CompleteInput(string input)
    {
        using PowerShell shell = PowerShell.Create();
        shell.Runspace = _session.Runspace;
        return CommandCompletion.CompleteInput(input, input.Length, null, shell).CompletionMatches.Select(match => match.CompletionText);
    }
}
