using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>What an ordinary user can set up to hold a reader of processes: each trap is an error of its process, or nobody waits in it.</summary>
[Collection(ExclusiveCollection.Name)]
[Trait("Tier", "Privileged")]
public sealed class TrapTests : IDisposable
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(Machine.IsGuest ? 180 : 30);

    private readonly Session _session = new();

    public void Dispose() => _session.Dispose();

    /// <summary>exec holds exec_update_lock while it waits for the locked memory map. open of maps and kcmp need that lock.</summary>
    [Theory]
    [InlineData("Measure-ProcessUss -Id $held, $PID")]
    [InlineData("Measure-ProcessUss -Id $held, $PID -Method Exclusive")]
    [InlineData("Measure-ProcessUss -Id $held, $parent, $PID -Together")]
    [InlineData("Measure-ProcessSharing -Id $held, $parent, $PID")]
    [InlineData("Get-KPageMapping -Pfn $pfn")]
    [InlineData("Get-SharedMemory")]
    [InlineData("Measure-ProcessHugePage -Id $held, $PID")]
    [InlineData("Measure-ProcessWorkingSet -Id $held, $PID -Interval 0.1")]
    [InlineData("Measure-FileCache -OpenFiles -Filter libc.so*")]
    public void ProcessThatWaitsInExecIsAnError(string command)
    {
        using (TargetProcess target = TargetProcess.Start("locked-map", "then=exec"))
        {
            (_session["held"], _session["parent"]) = (target.Children[0], target.ProcessId);
            _session["pfn"] = _session.GetObjects("@(Get-ProcessPageMap -Id $PID -State Present -Shared)[0].Pfn")[0];

            Outcome outcome = RunSoon($"{command} -TimeoutSec 1");

            AssertHasRows(command, outcome);
            AssertTimedOut(target.Children[0], Assert.Single(outcome.Errors));
        }

        BlockedThreads.WaitForNone();
    }

    [Theory]
    [InlineData("Measure-ProcessUss")]
    [InlineData("Measure-ProcessUss -GroupBy User")]
    [InlineData("Get-SharedMemory")]
    public void TrapOfAnOrdinaryUserDoesNotHoldUpTheOthers(string command)
    {
        Require.Nobody();
        Require.UserNamespaces();
        using (TargetProcess target = TargetProcess.StartInUserNamespace(Machine.Nobody, "locked-map"))
        {
            Outcome outcome = RunSoon($"{command} -TimeoutSec 1");

            Assert.NotEmpty(outcome.Output);
            AssertTimedOut(target.Children[0], Assert.Single(outcome.Errors));
        }

        BlockedThreads.WaitForNone();
    }

    /// <summary>A userfault that nobody serves, a reader of the page through /proc/PID/mem, and a writer of the memory map.</summary>
    [Theory]
    [InlineData("Measure-ProcessUss -Id $held")]
    [InlineData("Measure-ProcessUss -Id $held -Method Exclusive -ByMapping")]
    [InlineData("Measure-ProcessUss -Id $held -Together")]
    [InlineData("Get-ProcessPageMap -Id $held -ResolveShared -AsRange")]
    public void UserfaultThatNobodyServesHoldsUpNobody(string command)
    {
        using TargetProcess target = TargetProcess.Start("unserved-fault");
        _session["held"] = target.ProcessId;

        Assert.NotEmpty(_session.GetObjects($"{command} -TimeoutSec 1"));
        Assert.Equal(0, BlockedThreads.Count());
    }

    /// <summary>open of the file would wait for its server, and not even SIGKILL would end that.</summary>
    [Theory]
    [InlineData("Get-ProcessPageMap -Id $held")]
    [InlineData("Get-ProcessPageMap -Id $held -ResolveShared -AsRange")]
    [InlineData("Measure-ProcessUss -Id $held")]
    [InlineData("Measure-ProcessUss -Id $held -ByMapping")]
    [InlineData("Measure-ProcessUss -Id $held -Method Exclusive")]
    [InlineData("Measure-ProcessUss -Id $held -Method MapCount -ByMapping")]
    [InlineData("Measure-ProcessUss -Id $held -Together")]
    [InlineData("Measure-KPageFlags -Id $held")]
    [InlineData("Measure-ProcessSharing -Id $held, $PID")]
    [InlineData("Compare-ProcessPageMap $held $PID -AsRange")]
    [InlineData("Get-KPageMapping -Pfn $pfn")]
    [InlineData("Get-SharedMemory")]
    [InlineData("Measure-ProcessHugePage -Id $held")]
    [InlineData("Measure-FileCache -OpenFiles")]
    public void NoCmdletOpensAFileWhoseServerHangs(string command)
    {
        // A server may say that its file has no name, so that it looks like one that only the process holds.
        foreach (string links in (string[])["links=1", "links=0"])
        {
            using TargetProcess target = TargetProcess.Start("hung-file", links);
            _session["held"] = target.ProcessId;
            _session["pfn"] = KernelFile.ReadPagemap(target.ProcessId, target.Region.Start, 1)[0] & PagemapBits.Frame;

            Outcome outcome = RunSoon($"{command} -TimeoutSec 1");

            AssertHasRows(command, outcome);
            Assert.Empty(outcome.Errors);
            Assert.Equal("0", target.Next().Region.Expect["unanswered"]);
        }
    }

    /// <summary>What was examined is what is opened, although the process puts a file whose server hangs in its place.</summary>
    [Theory]
    [InlineData("Measure-FileCache -OpenFiles")]
    [InlineData("Get-ProcessPageMap -Id $held -Address $start -ResolveShared -IncludeUnpopulated")]
    public void NoCmdletOpensAFileThatTakesThePlaceOfAnother(string command)
    {
        using TargetProcess target = TargetProcess.Start("changing-file");
        (_session["held"], _session["start"]) = (target.ProcessId, target.Region.Start);

        Outcome outcome = RunSoon($"1..20 | ForEach-Object {{ {command} -TimeoutSec 10 }}");

        Assert.Equal("0", target.Next().Region.Expect["unanswered"]);
        Assert.NotEmpty(outcome.Output);
        Assert.Empty(outcome.Errors);
    }

    /// <summary>A walk of a tree enters no mount that may wait for a server: neither FUSE, nor an overlay whose lower layer is FUSE.</summary>
    [Theory]
    [InlineData("Measure-FileCache -Path $directory -Recurse", "overlay=0")]
    [InlineData("Measure-FileCache -Path $directory -Recurse", "overlay=1")]
    [InlineData("Get-FilePageMap -Path $directory -Recurse -Raw", "overlay=1")]
    public void NoCmdletEntersAMountWhoseServerHangs(string command, string overlay)
    {
        using TargetProcess target = TargetProcess.Start("hung-mount", overlay);
        _session["directory"] = target.Region.Expect["directory"];

        Outcome outcome = RunSoon(command);

        Assert.NotEmpty(outcome.Output);
        Assert.Empty(outcome.Errors);
        Assert.Equal("0", target.Next().Region.Expect["unanswered"]);
    }

    private Outcome RunSoon(string script)
    {
        Task<Outcome> run = Task.Run(() => _session.Run(script));
        Assert.True(run.Wait(s_soon), $"'{script}' did not end.");
        Require.That(
            run.Result.Termination?.GetErrorId() != "WorkingSetMethodNotSupported",
            "ReferencedBits",
            "accesses do not set referenced bits again that were cleared (a hypervisor with shadow page tables)");
        Assert.Null(run.Result.Termination);
        return run.Result;
    }

    // A process without large folios has no row of them.
    private static void AssertHasRows(string command, Outcome outcome) =>
        Assert.True(outcome.Output.Count > 0 || command.StartsWith("Measure-ProcessHugePage", StringComparison.Ordinal), $"'{command}' wrote nothing.");

    private static void AssertTimedOut(int processId, ErrorRecord error)
    {
        Assert.Equal("ProcessTimedOut", error.GetErrorId());
        Assert.Equal(processId, error.TargetObject);
    }
}
