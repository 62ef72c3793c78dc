using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Groups;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>Two questions that people ask, in the sizes in which they ask them, with the kernel's own answer.</summary>
[Collection(MachineSettings.Name)]
[Trait("Tier", "Privileged")]
public sealed class MemoryCasesTests
{
    private const long Mebi = 1 << 20;

    // The kernel rounds Pss and SwapPss of each process down to 1024.
    private const long Precision = 1024;

    /// <summary>64 MiB that were swapped out, and four forks: Swap of the five processes is 320 MiB, and 64 MiB are in swap.</summary>
    [Fact]
    public void SwapOfForksIsCountedOnceForTheGroup()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("forked-swap", $"pages={(64 * Mebi / Environment.SystemPageSize)}", "children=4", "area=128MiB").Stop();
        int[] ids = [target.ProcessId, .. target.Children];
        using ProcfsContext procfs = new(new ProcRoot());
        UssMeter meter = new(procfs, UssMethod.Rollup);

        ProcessUss[] all = [.. ids.Select(id => meter.Measure(id, cancellationToken: TestContext.Current.CancellationToken))];
        ProcessGroupUss group = procfs.MeasureGroupUss(ids, cancellationToken: TestContext.Current.CancellationToken).Uss!;

        Smaps[] rollups = [.. ids.Select(Smaps.ReadRollup)];
        Assert.Equal(rollups.Select(rollup => rollup["Swap"]), all.Select(uss => uss.Swap!.Value));
        Assert.Equal(rollups.Select(rollup => rollup["SwapPss"]), all.Select(uss => uss.SwapPss!.Value));
        Assert.True(all.Sum(uss => uss.Swap) >= 5 * 64 * Mebi);

        // The runtime of the parent may have pages of its own in swap.
        Assert.Equal(GroupFrames.Read(ids).Swap, group.Swap);
        Assert.InRange(group.Swap!.Value, 64 * Mebi, 80 * Mebi);
        long swapPss = all.Sum(uss => uss.SwapPss!.Value);
        Assert.InRange(group.SwapFreed!.Value, swapPss, swapPss + (ids.Length * Precision));
    }

    /// <summary>200 MiB of a file, 20 MiB of anonymous memory and 20 MiB of a memfd.</summary>
    [Fact]
    public void PssIsDividedIntoAnonymousMemoryFilesAndSharedMemory()
    {
        using TargetProcess target = TargetProcess.Start("parts", "file=200MiB", "anon=20MiB", "memfd=20MiB").Stop();
        using ProcfsContext procfs = new(new ProcRoot());
        UssMeter meter = new(procfs);

        Stable.Until(
            () => Smaps.ReadRollup(target.ProcessId),
            rollup =>
            {
                ProcessUss uss = meter.Measure(target.ProcessId, cancellationToken: TestContext.Current.CancellationToken);
                Assert.Equal((rollup["Pss_Anon"], rollup["Pss_File"], rollup["Pss_Shmem"]), (uss.PssAnon!.Value, uss.PssFile!.Value, uss.PssShmem!.Value));
                Assert.InRange(uss.PssFile!.Value, 200 * Mebi, 280 * Mebi);
                Assert.InRange(uss.PssAnon!.Value, 20 * Mebi, 100 * Mebi);
                Assert.InRange(uss.PssShmem!.Value, 20 * Mebi, 100 * Mebi);
                Assert.InRange(uss.Pss!.Value - (uss.PssAnon + uss.PssFile + uss.PssShmem)!.Value, 0, 3 * Precision);
            });
    }
}
