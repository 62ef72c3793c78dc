using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Measure-ProcessSharing and Compare-ProcessPageMap in an engine, on a parent and its forked child.</summary>
[Trait("Tier", "Privileged")]
public sealed class SharingTests : IDisposable
{
    private const int Pages = 512;

    private static readonly long s_page = Environment.SystemPageSize;

    private readonly Session _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void SamplesShowWhatWasCopiedSinceTheFork()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("fork", $"pages={Pages}").Stop();
        using PowerShell command = _session.CreateCommand($"Measure-ProcessSharing -Id {target.ProcessId}, {target.Children[0]} -Continuous -SampleInterval 0.2");
        using PSDataCollection<PSObject> samples = [];
        IAsyncResult running = command.BeginInvoke<PSObject, PSObject>(null, samples);
        WaitForSamples(samples, 1);
        target.Next().Stop();
        WaitForSamples(samples, samples.Count + 2);
        command.Stop();
        Assert.True(running.IsCompleted);

        Assert.Null(samples[0].Get<long?>("AnonymousDelta"));
        long copied = samples.Skip(1).Sum(sample => sample.Get<long>("AnonymousDelta"));
        Assert.Equal(samples[^1].Get<long>("Anonymous") - samples[0].Get<long>("Anonymous"), copied);
        Assert.InRange(-copied, Pages / 2 * s_page, ((Pages / 2) + 32) * s_page);
    }

    [Fact]
    public void MinimumLeavesOutPairsAndFailuresDoNotStopTheOthers()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("fork", $"pages={Pages}").Stop();
        string ids = $"{target.ProcessId}, {target.Children[0]}, {int.MaxValue}";
        Outcome outcome = _session.Run($"Measure-ProcessSharing -Id {ids}; Measure-ProcessSharing -Id {ids} -Minimum 1TB");
        Assert.Single(outcome.Output);
        Assert.Equal(["NoProcessFoundForGivenId", "NoProcessFoundForGivenId"], outcome.Errors.Select(error => error.GetErrorId()));
    }

    [Fact]
    public void ComparisonsHaveTheirSideAndBothPages()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("fork", $"pages={Pages}").Next().Stop();
        string command = $"Compare-ProcessPageMap {target.ProcessId} {target.Children[0]} -Address 0x{target.Region.Start:x}-0x{target.Region.End:x}";
        IReadOnlyList<PSObject> all = _session.GetObjects(command);
        Assert.Equal(Pages / 2, all.Count(item => item.Get<string>("SideIndicator") == "<>"));
        Assert.Equal(Pages / 2, all.Count(item => item.Get<string>("SideIndicator") == "=="));
        Assert.Equal(Pages / 2, _session.GetObjects($"{command} -ExcludeEqual").Count);
        Assert.Equal(Pages * s_page, _session.GetObjects($"{command} -AsRange").Sum(item => item.Get<long>("Bytes")));
        Assert.Equal(Pages, _session.GetObjects($"{command} | Where-Object {{ $_.Reference.ProcessId -eq {target.ProcessId} -and $_.Difference.ProcessId -eq {target.Children[0]} }}").Count);
    }

    [Fact]
    public void AProcessIsComparedWithItsPagesBefore()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("fork", $"pages={Pages}").Stop();
        string address = $"-Address 0x{target.Region.Start:x}-0x{target.Region.End:x}";
        _session.GetObjects($"$global:before = Get-ProcessPageMap -Id {target.Children[0]} {address}");
        target.Next().Stop();
        IReadOnlyList<PSObject> changes = _session.GetObjects($"Compare-ProcessPageMap -Reference $before {address} -ExcludeEqual");
        Assert.Equal(Pages / 2, changes.Count);
        Assert.Equal("NoDifferenceId", _session.GetTermination("Compare-ProcessPageMap -Reference @()").GetErrorId());
        Assert.Equal("InvalidReferencePages", _session.GetTermination("Compare-ProcessPageMap -Reference ($before + $before)").GetErrorId());
    }

    [Theory]
    [InlineData("Measure-ProcessSharing -Id $PID")]
    [InlineData("Measure-ProcessSharing")]
    [InlineData("Compare-ProcessPageMap $PID $PID")]
    public void HiddenFramesAreOneErrorThatNamesTheCapability(string command)
    {
        Require.Nobody(BuiltFiles.Host, BuiltFiles.Module);
        HostRun run = HostProgram.RunScript(
            $"try {{ {command} }} catch {{ \"$($_.FullyQualifiedErrorId.Split(',')[0])|$($_.CategoryInfo.Category)|$($_.Exception.Message)\" }}", Machine.Nobody);
        string line = Assert.Single(run.Lines);
        Assert.StartsWith("PageFramesHidden|PermissionDenied|", line, StringComparison.Ordinal);
        Assert.Contains("CAP_SYS_ADMIN", line, StringComparison.Ordinal);
    }

    private static void WaitForSamples(PSDataCollection<PSObject> samples, int count) =>
        Assert.True(SpinWait.SpinUntil(() => samples.Count >= count, TimeSpan.FromMinutes(1)), $"{samples.Count} samples came.");
}
