namespace PagemapTools.Procfs.Tests.Live;

[Collection(MachineSettings.Name)]
public sealed class MergedPagesTests
{
    [Fact]
    public void Pages_that_ksm_merged_are_of_one_frame_and_exclusive_to_nobody()
    {
        Needs.Frames();
        using Zoo zoo = Zoo.Start("ksm").Stop();
        ProcessPageInfo[] merged = ZooPages.Of(zoo["merged"]);
        Assert.All(merged, page => Assert.Equal((PageState.Present, false, merged[0].Pfn), (page.State, page.IsExclusive, page.Pfn)));
        Assert.All(merged, page => Assert.True(page.Flags!.Value.HasFlag(KPageFlags.KSM | KPageFlags.ANON)));
        Assert.All(merged, page => Assert.Equal((ulong)merged.Length, page.MapCount));
        Assert.All(ZooPages.Of(zoo["unique"]), IsOwn);
        UssAgreement.Check(zoo.ProcessId);

        zoo.Next().Stop();
        ProcessPageInfo[] after = ZooPages.Of(zoo["merged"]);
        IsOwn(after[0]);
        Assert.All(after[1..], page => Assert.Equal((ulong)merged.Length - 1, page.MapCount));
        UssAgreement.Check(zoo.ProcessId);
    }

    private static void IsOwn(ProcessPageInfo page)
    {
        Assert.Equal((PageState.Present, true), (page.State, page.IsExclusive));
        Assert.True(!page.Flags!.Value.HasFlag(KPageFlags.KSM) || Needs.KsmFlagIsTrue == false);
        Assert.Equal(1UL, page.MapCount);
    }
}
