using System.Diagnostics;
using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>-SampleInterval, -MaxSamples and -Continuous, on trees that the pipeline changes between the samples.</summary>
[Trait("Tier", "Unit")]
public sealed class SamplingTests : IDisposable
{
    private const string Options = "-ProcPath $tree -AllowSavedTree -SampleInterval 0.01";

    private readonly FakeProc _tree = new();
    private readonly Session _session = new();

    public SamplingTests()
    {
        _session["tree"] = _tree.Path;
        AddProcess(7, 100);
        AddProcess(8, 200);
    }

    public void Dispose()
    {
        _session.Dispose();
        _tree.Dispose();
    }

    [Theory]
    [InlineData("Measure-ProcessUss -Id 7")]
    [InlineData("7 | Measure-ProcessUss")]
    [InlineData("Measure-ProcessUss -Name seven")]
    [InlineData("Measure-ProcessUss 7")]
    [InlineData("Measure-ProcessUss -Id 7 -ByMapping")]
    public void SamplesHaveTheirTimeAndTheChange(string command)
    {
        IReadOnlyList<PSObject> samples = _session.GetObjects(
            $"{command} {Options} -MaxSamples 3 | ForEach-Object {{ $_; foreach ($name in 'smaps_rollup', 'smaps') {{ $path = \"$tree/7/$name\"; [IO.File]::WriteAllText($path, [IO.File]::ReadAllText($path).Replace('100 kB', '164 kB')) }} }}");

        Assert.Equal([100 * 1024, 164 * 1024, 164 * 1024], samples.GetColumn<long>("Uss"));
        Assert.Equal([null, 64 * 1024, 0], samples.Select(sample => sample.Get<long?>("UssDelta")));
        DateTime[] times = samples.GetColumn<DateTime>("Timestamp");
        Assert.Equal(times.Order(), times);
        Assert.Equal(3, times.Distinct().Count());
    }

    [Fact]
    public void ObjectsOfASampleHaveTheSameTime()
    {
        IReadOnlyList<PSObject> samples = _session.GetObjects($"Measure-ProcessUss {Options} -MaxSamples 2");

        Assert.Equal([7, 8, 7, 8], samples.GetColumn<int>("ProcessId"));
        DateTime[] times = samples.GetColumn<DateTime>("Timestamp");
        Assert.Equal((times[0], times[2]), (times[1], times[3]));
        Assert.NotEqual(times[0], times[2]);
    }

    [Fact]
    public void NamesFindNewProcesses()
    {
        _session["add"] = (Action)(() => AddProcess(9, 300, "seven"));

        // Once: while the second sample is written, its other processes are still read.
        IReadOnlyList<PSObject> samples = _session.GetObjects(
            $"Measure-ProcessUss -Name sev* {Options} -MaxSamples 2 | ForEach-Object {{ $_; if (-not (Test-Path $tree/9)) {{ $add.Invoke() }} }}");
        Assert.Equal([7, 7, 9], samples.GetColumn<int>("ProcessId"));
        Assert.Null(samples[2].Get<long?>("UssDelta"));
    }

    [Fact]
    public void AProcessThatEndsIsOneError()
    {
        _session["remove"] = (Action)(() => Remove(7));
        Outcome outcome = _session.Run($"Measure-ProcessUss -Id 7, 8 {Options} -MaxSamples 4 | ForEach-Object {{ $_.ProcessId; if ($_.ProcessId -eq 8) {{ $remove.Invoke() }} }}");
        Assert.Equal(["7", "8", "8", "8", "8"], outcome.Output.Select(id => id.ToString()));
        Assert.Equal("NoProcessFoundForGivenId", Assert.Single(outcome.Errors).GetErrorId());
    }

    [Fact]
    public void ContinuousEndsWhenNoTargetIsLeft()
    {
        _session["remove"] = (Action)(() => Remove(7));
        Outcome outcome = _session.Run($"Measure-ProcessUss -Id 7 {Options} -Continuous | ForEach-Object {{ $_.ProcessId; $remove.Invoke() }}");
        Assert.Single(outcome.Output);
        Assert.Equal("NoProcessFoundForGivenId", Assert.Single(outcome.Errors).GetErrorId());
    }

    [Fact]
    public void ContinuousEndsWithThePipeline() =>
        Assert.Equal([7, 7, 7], _session.GetObjects($"Measure-ProcessUss -Id 7 {Options} -Continuous | Stop-Upstream 3").GetColumn<int>("ProcessId"));

    [Fact]
    public void ContinuousHasNoMaximum() =>
        Assert.StartsWith("ContinuousAndMaxSamples,", _session.GetTermination($"Measure-ProcessUss -Id 7 {Options} -Continuous -MaxSamples 2").FullyQualifiedErrorId, StringComparison.Ordinal);

    [Fact]
    public void StopEndsTheWaitBetweenSamples()
    {
        using PowerShell shell = _session.CreateCommand("Measure-ProcessUss -Id 7 -ProcPath $tree -AllowSavedTree -SampleInterval 100000 -Continuous");
        using PSDataCollection<PSObject> output = [];
        using ManualResetEventSlim first = new();
        output.DataAdded += (_, _) => first.Set();
        IAsyncResult running = shell.BeginInvoke<PSObject, PSObject>(input: null, output);
        Assert.True(first.Wait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        Stopwatch stopping = Stopwatch.StartNew();
        shell.Stop();
        Assert.True(running.AsyncWaitHandle.WaitOne(TimeSpan.FromMinutes(1)));
        Assert.True(stopping.Elapsed < TimeSpan.FromSeconds(20), $"Ctrl+C took {stopping.Elapsed}.");
    }

    private void Remove(int id)
    {
        string directory = _tree.GetPath($"{id}");
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private void AddProcess(int id, int kibibytes, string? name = null)
    {
        name ??= id == 7 ? "seven" : "other";
        string figures = $"Rss: {kibibytes} kB\nPss: {kibibytes} kB\nShared_Clean: 0 kB\nShared_Dirty: 0 kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: {kibibytes} kB\nSwap: 0 kB\n";
        _tree.AddProcess(id, "00800000-00808000 rw-p 00000000 00:00 0 [heap]").WriteText($"{id}/comm", name + "\n")
            .WriteText($"{id}/smaps_rollup", "00800000-00808000 ---p 00000000 00:00 0 [rollup]\n" + figures)
            .WriteText($"{id}/smaps", "00800000-00808000 rw-p 00000000 00:00 0 [heap]\n" + figures);
    }
}
