using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Live;

[Collection(MachineSettings.Name)]
[Trait("Tier", "Privileged")]
public sealed class MergedPagesTests
{
    [Fact]
    public void KsmMergedPagesShareOneFrameAndAreNotExclusive()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("ksm").Stop();
        ProcessPageInfo[] merged = TargetPages.Read(target["merged"]);
        Assert.All(merged, page => Assert.Equal((PageState.Present, false, merged[0].Pfn), (page.State, page.IsExclusive, page.Pfn)));
        Assert.All(merged, page => Assert.True(page.Flags!.Value.HasFlag(KPageFlags.KSM | KPageFlags.ANON)));
        Assert.All(merged, page => Assert.Equal((ulong)merged.Length, page.MapCount));
        Assert.All(TargetPages.Read(target["unique"]), AssertUnmerged);
        UssVersusSmaps.Check(target.ProcessId);

        target.Next().Stop();
        ProcessPageInfo[] after = TargetPages.Read(target["merged"]);
        AssertUnmerged(after[0]);
        Assert.All(after[1..], page => Assert.Equal((ulong)merged.Length - 1, page.MapCount));
        UssVersusSmaps.Check(target.ProcessId);
    }

    private static void AssertUnmerged(ProcessPageInfo page)
    {
        Assert.Equal((PageState.Present, true), (page.State, page.IsExclusive));
        Assert.True(!page.Flags!.Value.HasFlag(KPageFlags.KSM) || KernelFeatures.HasTrueKsmFlag == false);
        Assert.Equal(1UL, page.MapCount);
    }
}
