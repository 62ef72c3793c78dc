using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Live;

[Trait("Tier", "Privileged")]
public sealed class ForkedPagesTests
{
    [Fact]
    public void ForkedPagesShareOneFrameAndAreNotExclusive()
    {
        using TargetProcess target = TargetProcess.Start("fork").Stop();
        ProcessPageInfo[] parent = TargetPages.Read(target["parent"]);
        ProcessPageInfo[] child = TargetPages.Read(target["child"]);
        Assert.NotEqual(parent[0].ProcessId, child[0].ProcessId);
        Assert.All(parent.Concat(child), AssertShared);
        Assert.Equal(parent.Select(page => page.Pfn), child.Select(page => page.Pfn));
        UssVersusSmaps.Check(target.ProcessId);
        UssVersusSmaps.Check(target.Children[0]);
    }

    [Fact]
    public void APageThatTheChildWritesIsExclusiveInBoth()
    {
        using TargetProcess target = TargetProcess.Start("fork").Next().Stop();
        int[] written = target["child"]["exclusive"];
        ProcessPageInfo[] parent = TargetPages.Read(target["parent"]);
        ProcessPageInfo[] child = TargetPages.Read(target["child"]);
        Assert.NotEmpty(written);
        Assert.All(parent.Pick(written).Concat(child.Pick(written)), AssertPrivate);
        Assert.All(parent.Pick(target["parent"]["shared"]).Concat(child.Pick(target["child"]["shared"])), AssertShared);
        if (KernelFeatures.ShowsPageFrameNumbers)
        {
            Assert.All(written, page => Assert.NotEqual(parent[page].Pfn, child[page].Pfn));
        }

        UssVersusSmaps.Check(target.ProcessId);
        UssVersusSmaps.Check(target.Children[0]);
    }

    [Theory]
    [InlineData(UssMethod.Exclusive)]
    [InlineData(UssMethod.MapCount)]
    public void CachedCountsMatchSmapsBeforeAndAfterTheChildExits(UssMethod method)
    {
        Require.PageFrameNumbers();
        UssMeter meter = new(new ProcfsContext(new ProcRoot("/proc")), method);
        using TargetProcess target = TargetProcess.Start("fork").Next().Stop();
        AssertEqualsSmaps(target["parent"]);
        AssertEqualsSmaps(target["child"]);
        AssertEqualsSmaps(target["parent"]);
        target.Next().Stop();
        AssertEqualsSmaps(target["parent"]);

        void AssertEqualsSmaps(TargetRegion region)
        {
            MappingUss uss = UssVersusSmaps.MeasureRegion(region, meter);
            Smaps kernel = UssVersusSmaps.ReadSmaps(region);
            Assert.Equal((kernel.Uss, kernel["Rss"]), (uss.Uss, uss.Rss));
            Assert.Equal(kernel["Pss"], uss.Pss / 1024 * 1024);
        }
    }

    [Fact]
    public void EveryPageIsExclusiveAfterTheChildExits()
    {
        using TargetProcess target = TargetProcess.Start("fork").Next().Next().Stop();
        Assert.All(TargetPages.Read(target["parent"]), AssertPrivate);
        UssVersusSmaps.Check(target.ProcessId);
    }

    private static void AssertPrivate(ProcessPageInfo page)
    {
        Assert.Equal(PageState.Present, page.State);
        Assert.True(page.IsExclusive);
        Assert.False(page.IsFileOrSharedAnon);
        Assert.True(page.MapCount is null or 1);
    }

    private static void AssertShared(ProcessPageInfo page)
    {
        Assert.Equal(PageState.Present, page.State);
        Assert.False(page.IsExclusive);
        Assert.False(page.IsFileOrSharedAnon);
        Assert.True(page.MapCount is null or 2);
    }
}
