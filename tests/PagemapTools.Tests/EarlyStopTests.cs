using System.Diagnostics;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace PagemapTools.Tests;

/// <summary>A stopped cmdlet ends at once and closes every file.</summary>
[Collection(ExclusiveCollection.Name)]
[Trait("Tier", "Privileged")]
public sealed class EarlyStopTests : IDisposable
{
    private static readonly TimeSpan s_prompt = TimeSpan.FromSeconds(2);

    // The limit covers a whole command, including its start. Without the stop each command runs for half a minute or more.
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(6);

    private static readonly Regex s_read = new("^/proc/([0-9]+/(pagemap|maps|smaps|smaps_rollup|stat|status|mem)|kpage[a-z]+)$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

    private readonly TargetProcess _target = TargetProcess.StartInKnownMemory("scattered");
    private readonly Session _session = new();

    public EarlyStopTests() => _session["id"] = _target.ProcessId;

    [Theory]
    [InlineData("Get-ProcessPageMap -Id $id -IncludeUnpopulated | ForEach-Object { }")]
    [InlineData("Get-ProcessPageMap -Id $id -IncludeUnpopulated -Flag HWPOISON")]
    [InlineData("Get-ProcessPageMap -Id $id -IncludeUnpopulated -AsRange | ForEach-Object { }")]
    [InlineData("Get-ProcessPageMap -Id $id -IncludeUnpopulated | Get-KPageFlags -Flag HWPOISON")]
    [InlineData("while ($true) { Get-KPageFlags -Flag HWPOISON }")]
    [InlineData("while ($true) { Get-KPageCgroup | ForEach-Object { } }")]
    [InlineData("while ($true) { Measure-KPageFlags | ForEach-Object { } }")]
    [InlineData("while ($true) { Measure-ProcessUss | ForEach-Object { } }")]
    [InlineData("while ($true) { Get-KPageMapping 0 -Count 1000000 | ForEach-Object { } }")]
    public void StopFromAnotherThreadEndsLongWork(string script)
    {
        Require.Root();
        using PowerShell shell = _session.CreateCommand(script);
        IAsyncResult work = shell.BeginInvoke();
        Assert.False(work.AsyncWaitHandle.WaitOne(TimeSpan.FromMilliseconds(500)), "The work ended by itself.");

        Stopwatch watch = Stopwatch.StartNew();
        shell.Stop();

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, s_prompt);
        Assert.Equal(PSInvocationState.Stopped, shell.InvocationStateInfo.State);
        Assert.Empty(shell.Streams.Error);
        AssertNothingIsOpen();
    }

    [Theory]
    [InlineData("Get-ProcessPageMap -Id $id -IncludeUnpopulated", false)]
    [InlineData("Get-ProcessPageMap -Id $id", false)]
    [InlineData("Get-KPageFlags", true)]
    [InlineData("Get-KPageCount", true)]
    [InlineData("Get-KPageCgroup", true)]
    [InlineData("Get-KPageFlags -AsRange", true)]
    [InlineData("Measure-ProcessUss", false)]
    [InlineData("Measure-ProcessUss -ByMapping", false)]
    [InlineData("Test-PagemapSupport", false)]
    public void CmdletMakesNoMoreObjectsThanTaken(string command, bool needsRoot)
    {
        if (needsRoot)
        {
            Require.Root();
        }

        Stopwatch watch = Stopwatch.StartNew();
        IReadOnlyList<PSObject> taken = _session.GetObjects($"$made = 0; {command} | ForEach-Object {{ $made++; $_ }} | Stop-Upstream 3");

        Assert.Equal(3, taken.Count);
        Assert.Equal(3, _session["made"]);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, s_soon);
        AssertNothingIsOpen();
    }

    [Fact]
    public void StopEndsWholeChainOfCmdlets()
    {
        Require.Root();
        Stopwatch watch = Stopwatch.StartNew();

        IReadOnlyList<PSObject> taken = _session.GetObjects("Get-ProcessPageMap -Id $id -IncludeUnpopulated | Get-KPageFlags | Get-KPageCount | Get-KPageCgroup | Stop-Upstream 2");

        Assert.Equal(2, taken.Count);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, s_soon);
        AssertNothingIsOpen();
    }

    [Fact]
    public void BreakInPipelineEndsCmdlet()
    {
        Stopwatch watch = Stopwatch.StartNew();

        Assert.Single(_session.GetObjects("while ($true) { Get-ProcessPageMap -Id $id -IncludeUnpopulated | ForEach-Object { $_; break } }"));

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, s_soon);
        AssertNothingIsOpen();
    }

    [Fact]
    public void ErrorDownstreamEndsCmdlet()
    {
        Outcome outcome = _session.Run("Get-ProcessPageMap -Id $id -IncludeUnpopulated | ForEach-Object { throw 'enough' }");

        Assert.Equal("enough", outcome.Termination!.Exception.Message);
        AssertNothingIsOpen();
    }

    public void Dispose()
    {
        _session.Dispose();
        _target.Dispose();
    }

    /// <summary>Asserts that this process has no file of /proc open. Other tests do not run meanwhile: their open files would count.</summary>
    private static void AssertNothingIsOpen() =>
        Assert.DoesNotContain(
            Directory.EnumerateFiles("/proc/self/fd").Select(file => new FileInfo(file).LinkTarget),
            target => target is not null && s_read.IsMatch(target));
}
