using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Live;

[Trait("Tier", "Privileged")]
public sealed class MarkersTests
{
    [Fact]
    public void GuardRegionsAreNeitherSwappedNorUnpopulated()
    {
        using TargetProcess target = TargetProcess.Start("guard").Stop();
        Assert.All(target.Regions, region => AssertGuarded(region, isVisible: KernelFeatures.ShowsPageFrameNumbers));
        UssVersusSmaps.Check(target.ProcessId);
        target.Next().Stop();
        Assert.All(target.Regions, region => Assert.All(TargetPages.Read(region), page => Assert.NotEqual(PageState.Guard, page.State)));
    }

    [Fact]
    public void WriteProtectedPagesArePresent()
    {
        using TargetProcess target = TargetProcess.Start("uffd-wp").Stop();
        Assert.All(TargetPages.Read(target["populated"]), page => Assert.Equal((PageState.Present, true), (page.State, page.IsUffdWriteProtected)));
        UssVersusSmaps.Check(target.ProcessId);
        target.Next().Stop();
        Assert.All(TargetPages.Read(target["populated"]), page => Assert.Equal((PageState.Present, false), (page.State, page.IsUffdWriteProtected)));
    }

    [Theory]
    [InlineData("markers")]
    [InlineData("shmem")]
    public void WriteProtectionMarkersAreNotSwapped(string name)
    {
        Require.PageFrameNumbers();
        using TargetProcess target = TargetProcess.Start("uffd-wp").Stop();
        Require.That(target.HasRegion(name) && target[name]["marker"].Length > 0, "Markers", $"this kernel leaves no markers in {name}");
        TargetRegion region = target[name];
        ProcessPageInfo[] pages = TargetPages.Read(region);
        Assert.All(pages.Pick(region["marker"]), page =>
        {
            Assert.Equal((PageState.UffdMarker, true, 1UL), (page.State, page.IsUffdWriteProtected, page.SwapOffset!.Value));
            Assert.Null(page.SwapFile);
        });
        Assert.All(pages.Pick(region["written"]), page => Assert.Equal((PageState.Present, true), (page.State, page.IsUffdWriteProtected)));
        Assert.Equal(region["marker"].Length, pages.Count(page => page.State == PageState.UffdMarker));
        Assert.Equal(0, UssVersusSmaps.MeasureRegion(region, UssMethod.MapCount).Swap);
    }

    [Fact]
    public void AWriteRemovesWriteProtection()
    {
        using TargetProcess target = TargetProcess.Start("uffd-wp-async").Stop();
        Assert.All(TargetPages.Read(target["uffd-wp-async"]), page => Assert.True(page.IsUffdWriteProtected));
        target.Next("1,5-7").Stop();
        ProcessPageInfo[] pages = TargetPages.Read(target["uffd-wp-async"]);
        Assert.Equal([1, 5, 6, 7], Enumerable.Range(0, pages.Length).Where(page => !pages[page].IsUffdWriteProtected));
        Assert.All(pages, page => Assert.Equal(PageState.Present, page.State));
    }

    [Fact]
    public void PoisonedPagesAreNotSwapped()
    {
        Require.PageFrameNumbers();
        using TargetProcess target = TargetProcess.Start("poison-marker").Stop();
        TargetRegion region = target["poison-marker"];
        ProcessPageInfo[] pages = TargetPages.Read(region);
        Assert.All(pages.Pick(region["poison"]), page => Assert.Equal(PageState.Poisoned, page.State));
        Assert.All(pages.Pick(region["written"]), page => Assert.Equal(PageState.Present, page.State));
        Assert.All(pages.Pick(region["untouched"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact]
    public void HardwarePoisonedPagesAreResident()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("hwpoison").Stop();
        TargetRegion region = target["hwpoison"];
        ProcessPageInfo[] pages = TargetPages.Read(region);
        Assert.All(pages.Pick(region["poison"]), page => Assert.Equal((PageState.Poisoned, null, null), (page.State, page.Pfn, page.SwapFile)));
        Assert.All(pages.Pick(region["written"]), page => Assert.Equal(PageState.Present, page.State));
        Assert.Equal(region.Length, UssVersusSmaps.ReadSmaps(region)["Rss"]);
        UssVersusSmaps.Check(target.ProcessId);
    }

    private static void AssertGuarded(TargetRegion region, bool isVisible)
    {
        ProcessPageInfo[] pages = TargetPages.Read(region);

        // Linux 6.15 added a bit for guard regions. Before 6.15 only a visible marker identifies a guard region.
        Assert.All(pages.Pick(region["guard"]), page => Assert.True(
            page.State == PageState.Guard || (!isVisible && page is { State: PageState.Hidden, IsUffdWriteProtected: false }), page.State.ToString()));
        Assert.All(pages.Pick(region["guard"]), page => Assert.Null(page.SwapFile));
        Assert.All(pages.Pick(region["written"]), page => Assert.Equal(PageState.Present, page.State));
        Assert.All(pages.Pick(region["untouched"]), page => Assert.Equal(PageState.Unpopulated, page.State));
    }
}
