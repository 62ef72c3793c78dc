using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Uss;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Live;

[Trait("Tier", "Live")]
public sealed class ExitedProcessesTests
{
    private static readonly ProcRoot s_root = new("/proc");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public void AnUnusedProcessIdIsNotFound()
    {
        int beyond = int.Parse(File.ReadAllText("/proc/sys/kernel/pid_max")) + 1;
        Assert.Equal(ProcfsError.ProcessNotFound, CatchFailure(() => Measure(beyond)).Error);
        Assert.Equal(ProcfsError.ProcessNotFound, CatchFailure(() => ProcessAddressSpace.Open(s_root, beyond)).Error);
        Assert.Null(s_root.GetProcessName(beyond, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void AKernelThreadHasNoAddressSpace()
    {
        const int KThreadDaemon = 2;
        Require.That(ProcessStatus.IsKernelThread(KThreadDaemon), "KernelThread", "process 2 is no kernel thread here (a container of its own)");
        ProcfsException failure = CatchFailure(() => Measure(KThreadDaemon));
        Assert.Equal((ProcfsError.NoAddressSpace, KThreadDaemon), (failure.Error, failure.ProcessId));
        Assert.Contains("kernel thread", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AZombieHasNoAddressSpace()
    {
        using TargetProcess target = TargetProcess.Start("zombie");
        int zombie = target.Children[0];
        Assert.Equal('Z', ProcessStatus.GetState(zombie));
        ProcfsException failure = CatchFailure(() => Measure(zombie));
        Assert.Equal((ProcfsError.NoAddressSpace, zombie), (failure.Error, failure.ProcessId));
        Assert.Contains("zombie", failure.Message, StringComparison.Ordinal);
        target.Next();
        Assert.Equal(ProcfsError.ProcessNotFound, CatchFailure(() => Measure(zombie)).Error);
    }

    /// <summary>/proc/PID is that of a zombie, without mappings or entries. The pages of the process do not change.</summary>
    [Fact]
    public void ALivingThreadServesForAnExitedMainThread()
    {
        using TargetProcess target = TargetProcess.Start("leaderless");
        TargetRegion region = target["leaderless"];
        target.Next();
        Assert.True(SpinWait.SpinUntil(() => ProcessStatus.GetState(target.ProcessId) == 'Z', TimeSpan.FromMinutes(1)));
        int thread = int.Parse(Path.GetFileName(Directory.EnumerateDirectories($"/proc/{target.ProcessId}/task").First(task => !task.EndsWith($"/{target.ProcessId}", StringComparison.Ordinal))));

        using ProcessAddressSpace process = ProcessAddressSpace.Open(s_root, target.ProcessId);
        (List<ProcessPageInfo> pages, _) = Walks.ReadPages(s_root, process, new ProcessPageQuery { Walk = new PageWalkOptions { Addresses = [region.Range] } });
        Assert.Equal(KernelFile.ReadPagemap(thread, region.Start, region.PageCount), pages.Select(page => page.RawEntry));
        Assert.All(pages, page => Assert.Equal((PageState.Present, target.ProcessId), (page.State, page.ProcessId)));
        Assert.Equal(File.ReadLines($"/proc/{thread}/maps").Count(), process.ReadMappings().Count());
        ProcessUss uss = Measure(target.ProcessId);
        Assert.Equal(target.ProcessId, uss.ProcessId);
        Assert.True(uss.Uss >= region.Length);
    }

    [Fact]
    public void EntriesReadBeforeAKillPrecedeTheError()
    {
        using TargetProcess target = TargetProcess.Start("dense", "size=256MiB").Stop();
        TargetRegion region = target["dense"];
        using ProcessAddressSpace process = ProcessAddressSpace.Open(s_root, target.ProcessId);
        using PageWalk walk = new(process, new PageWalkOptions { Addresses = [region.Range] });
        Assert.True(walk.MoveNext(CancellationToken));
        Assert.InRange(walk.Entries.Length, 1, region.PageCount - 1);
        Assert.All(walk.Entries.ToArray(), entry => Assert.True((entry & PagemapBits.Present) != 0));
        target.Kill();
        Assert.Equal(ProcfsError.ProcessNotFound, CatchFailure(() => WalkToEnd(walk)).Error);
    }

    [Fact]
    public void PagesReadBeforeAKillPrecedeTheError()
    {
        using TargetProcess target = TargetProcess.Start("dense", "size=256MiB").Stop();
        using ProcessAddressSpace process = ProcessAddressSpace.Open(s_root, target.ProcessId);
        using ProcfsContext procfs = new(s_root);
        using ProcessPageReader reader = new(procfs, process, new ProcessPageQuery { Walk = new PageWalkOptions { Addresses = [target["dense"].Range] } });
        Assert.True(reader.MoveNext(CancellationToken));
        int delivered = reader.Batch.Count;
        target.Kill();
        ProcfsException failure = CatchFailure(() =>
        {
            while (reader.MoveNext(CancellationToken))
            {
                delivered += reader.Batch.Count;
            }
        });
        Assert.Equal(ProcfsError.ProcessNotFound, failure.Error);
        Assert.InRange(delivered, 1, target["dense"].PageCount - 1);
    }

    [Fact]
    public void ExecDuringAWalkEndsTheAddressSpace()
    {
        using TargetProcess target = TargetProcess.Start("execs");
        using ProcessAddressSpace process = ProcessAddressSpace.Open(s_root, target.ProcessId);
        using PageWalk walk = new(process, new PageWalkOptions());
        Assert.True(walk.MoveNext(CancellationToken));
        target.Next();
        Assert.NotNull(ProcessStatus.GetState(target.ProcessId));
        Assert.Equal(ProcfsError.ProcessNotFound, CatchFailure(() => WalkToEnd(walk)).Error);
        Assert.Equal(ProcfsError.ProcessNotFound, CatchFailure(() => Assert.NotEmpty(process.ReadMappings().ToArray())).Error);
        Assert.True(Measure(target.ProcessId).Uss > 0);
    }

    [Fact]
    public void AnExitDuringMeasuringGivesAnErrorNotAPart()
    {
        using TargetProcess target = TargetProcess.Start("exits-under-reader", "size=128MiB");
        long least = target["exits-under-reader"].Length;
        target.SendLine("next");
        ProcfsException failure = CatchFailure(() =>
        {
            while (true)
            {
                Assert.True(Measure(target.ProcessId).Uss >= least);
            }
        });
        Assert.True(failure.Error is ProcfsError.ProcessNotFound or ProcfsError.NoAddressSpace, failure.Message);
        Assert.True(target.WaitForExit(TimeSpan.FromMinutes(1)));
        Assert.Equal(ProcfsError.ProcessNotFound, CatchFailure(() => Measure(target.ProcessId)).Error);
    }

    /// <summary>smaps shows a page of text at a time, and then ends early or fails with ESRCH.</summary>
    [Theory]
    [InlineData("dense")]
    [InlineData("execs")]
    public void MappingsMeasuredBeforeAnExitOrExecPrecedeTheError(string kind)
    {
        using TargetProcess target = TargetProcess.Start(kind, "size=16MiB");
        UssMeter meter = new(new ProcfsContext(s_root), UssMethod.Rollup);
        using IEnumerator<MappingUss> mappings = meter.MeasureMappings(target.ProcessId, cancellationToken: CancellationToken).GetEnumerator();
        Assert.True(mappings.MoveNext());
        int all = File.ReadLines($"/proc/{target.ProcessId}/maps").Count();
        if (kind == "execs")
        {
            target.Next();
        }
        else
        {
            target.Kill();
        }

        int measured = 1;
        ProcfsException failure = CatchFailure(() =>
        {
            while (mappings.MoveNext())
            {
                measured++;
            }
        });
        Assert.Equal((ProcfsError.ProcessNotFound, target.ProcessId), (failure.Error, failure.ProcessId));
        Assert.InRange(measured, 1, all - 1);
    }

    [Fact]
    public void EachProcessIsMeasuredOrGivesAnError()
    {
        foreach (UssMethod method in UssVersusSmaps.GetMethods())
        {
            UssMeter meter = new(new ProcfsContext(s_root), method);
            int measured = 0;
            foreach (int processId in s_root.GetProcessIds())
            {
                try
                {
                    ProcessUss uss = meter.Measure(processId, mappings: null, threads: 1, cancellationToken: CancellationToken);
                    Assert.True(uss.Uss <= uss.Rss + uss.Hugetlb || uss.Rss is null);
                    measured++;
                }
                catch (ProcfsException failure)
                {
                    Assert.True(failure.Error is ProcfsError.ProcessNotFound or ProcfsError.NoAddressSpace or ProcfsError.ProcessAccessDenied, failure.Message);
                    Assert.Equal(processId, failure.ProcessId);
                }
            }

            Assert.True(measured > 0);
        }
    }

    private static void WalkToEnd(PageWalk walk)
    {
        while (walk.MoveNext(CancellationToken))
        {
            Assert.True(walk.Entries.Length > 0);
        }
    }

    private static ProcessUss Measure(int processId)
    {
        UssMeter meter = new(new ProcfsContext(s_root), UssMethod.Exclusive);
        return meter.Measure(processId, mappings: null, threads: 1, cancellationToken: CancellationToken);
    }

    private static ProcfsException CatchFailure(Action action) => Assert.Throws<ProcfsException>(action);
}
