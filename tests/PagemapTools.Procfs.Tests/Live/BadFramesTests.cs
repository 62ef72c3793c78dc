using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.FrameActions;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>Takes page frames of a test process out of use. Only a guest of the tests may lose page frames.</summary>
[Trait("Tier", "Privileged")]
public sealed class BadFramesTests
{
    private const ulong Poisoned = 1UL << 19;

    [Fact]
    public void PageFramesAreTakenOutOfUseAndPutBack()
    {
        Require.Guest();
        Require.PageFrames();
        Require.That(KernelFile.CanWrite("/sys/kernel/debug/hwpoison/unpoison-pfn"), "HardwarePoison", "there is no hwpoison/unpoison-pfn");
        using TargetProcess target = TargetProcess.Start("anon", "pages=64", "written=all").Stop();
        ulong[] pfns = [.. KernelFile.ReadPagemap(target.ProcessId, target.Region.Start, 64).Select(entry => entry & PagemapBits.Frame)];
        using ProcfsContext procfs = new();
        FrameControl control = new(procfs);

        CheckChange(control, pfns[10], FrameAction.Poison, isPoisoned: true);
        Assert.Equal(PageState.Poisoned, TargetPages.Read(target.Region)[10].State);
        CheckChange(control, pfns[10], FrameAction.Unpoison, isPoisoned: false);

        // The process has the content of the page in another page frame.
        CheckChange(control, pfns[20], FrameAction.SoftOffline, isPoisoned: true);
        ulong moved = KernelFile.ReadPagemap(target.ProcessId, target.Region.GetAddress(20), 1)[0];
        Assert.Equal(PagemapBits.Present, moved & PagemapBits.Present);
        Assert.NotEqual(pfns[20], moved & PagemapBits.Frame);
        CheckChange(control, pfns[20], FrameAction.Unpoison, isPoisoned: false);

        CheckChange(control, pfns[30], FrameAction.HardOffline, isPoisoned: true);
        Assert.Equal(PageState.Poisoned, TargetPages.Read(target.Region)[30].State);
        CheckChange(control, pfns[30], FrameAction.Unpoison, isPoisoned: false);
    }

    private static void CheckChange(FrameControl control, ulong pfn, FrameAction action, bool isPoisoned)
    {
        FrameChange change = control.Apply(pfn, action);
        ulong flags = KernelFile.ReadWords("/proc/kpageflags", pfn, 1)[0];
        Assert.Equal(isPoisoned, (flags & Poisoned) != 0);
        Assert.Equal((pfn, action, (bool?)isPoisoned), (change.Pfn, change.Action, change.IsPoisoned));
    }
}
