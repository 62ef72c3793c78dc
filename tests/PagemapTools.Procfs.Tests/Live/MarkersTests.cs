namespace PagemapTools.Procfs.Tests.Live;

public sealed class MarkersTests
{
    [Fact]
    public void Guard_regions_are_neither_swapped_nor_unpopulated()
    {
        using Zoo zoo = Zoo.Start("guard").Stop();
        Assert.All(zoo.Regions, region => AssertGuarded(region, isVisible: Needs.SeesFrameNumbers));
        UssAgreement.Check(zoo.ProcessId);
        zoo.Next().Stop();
        Assert.All(zoo.Regions, region => Assert.All(ZooPages.Of(region), page => Assert.NotEqual(PageState.Guard, page.State)));
    }

    [Fact]
    public void Write_protected_pages_are_present_and_say_so()
    {
        using Zoo zoo = Zoo.Start("uffd-wp").Stop();
        Assert.All(ZooPages.Of(zoo["populated"]), page => Assert.Equal((PageState.Present, true), (page.State, page.IsUffdWriteProtected)));
        UssAgreement.Check(zoo.ProcessId);
        zoo.Next().Stop();
        Assert.All(ZooPages.Of(zoo["populated"]), page => Assert.Equal((PageState.Present, false), (page.State, page.IsUffdWriteProtected)));
    }

    [Theory]
    [InlineData("markers")]
    [InlineData("shmem")]
    public void Markers_of_write_protection_are_not_swapped_pages(string name)
    {
        Needs.FrameNumbers();
        using Zoo zoo = Zoo.Start("uffd-wp").Stop();
        Assert.SkipUnless(zoo.Has(name) && zoo[name]["marker"].Length > 0, $"this kernel leaves no markers in {name}");
        ZooRegion region = zoo[name];
        ProcessPageInfo[] pages = ZooPages.Of(region);
        Assert.All(pages.On(region["marker"]), page =>
        {
            Assert.Equal((PageState.UffdMarker, true, 1UL), (page.State, page.IsUffdWriteProtected, page.SwapOffset!.Value));
            Assert.Null(page.SwapFile);
        });
        Assert.All(pages.On(region["written"]), page => Assert.Equal((PageState.Present, true), (page.State, page.IsUffdWriteProtected)));
        Assert.Equal(region["marker"].Length, pages.Count(page => page.State == PageState.UffdMarker));
        Assert.Equal(0, UssAgreement.OfRegion(region, UssMethod.MapCount).Swap);
    }

    [Fact]
    public void Pages_written_since_they_were_protected_are_told_from_the_others()
    {
        using Zoo zoo = Zoo.Start("uffd-wp-async").Stop();
        Assert.All(ZooPages.Of(zoo["uffd-wp-async"]), page => Assert.True(page.IsUffdWriteProtected));
        zoo.Next("1,5-7").Stop();
        ProcessPageInfo[] pages = ZooPages.Of(zoo["uffd-wp-async"]);
        Assert.Equal([1, 5, 6, 7], Enumerable.Range(0, pages.Length).Where(page => !pages[page].IsUffdWriteProtected));
        Assert.All(pages, page => Assert.Equal(PageState.Present, page.State));
    }

    [Fact]
    public void Poisoned_pages_are_not_swapped_pages()
    {
        Needs.FrameNumbers();
        using Zoo zoo = Zoo.Start("poison-marker").Stop();
        ZooRegion region = zoo["poison-marker"];
        ProcessPageInfo[] pages = ZooPages.Of(region);
        Assert.All(pages.On(region["poison"]), page => Assert.Equal(PageState.Poisoned, page.State));
        Assert.All(pages.On(region["written"]), page => Assert.Equal(PageState.Present, page.State));
        Assert.All(pages.On(region["untouched"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        UssAgreement.Check(zoo.ProcessId);
    }

    [Fact]
    public void A_page_that_the_hardware_poisoned_is_resident_all_the_same()
    {
        Needs.Frames();
        using Zoo zoo = Zoo.Start("hwpoison").Stop();
        ZooRegion region = zoo["hwpoison"];
        ProcessPageInfo[] pages = ZooPages.Of(region);
        Assert.All(pages.On(region["poison"]), page => Assert.Equal((PageState.Poisoned, null, null), (page.State, page.Pfn, page.SwapFile)));
        Assert.All(pages.On(region["written"]), page => Assert.Equal(PageState.Present, page.State));
        Assert.Equal(region.Length, UssAgreement.OfKernel(region)["Rss"]);
        UssAgreement.Check(zoo.ProcessId);
    }

    private static void AssertGuarded(ZooRegion region, bool isVisible)
    {
        ProcessPageInfo[] pages = ZooPages.Of(region);

        // The bit of its own came with 6.15; before, the marker tells, to those who see it.
        Assert.All(pages.On(region["guard"]), page => Assert.True(
            page.State == PageState.Guard || (!isVisible && page is { State: PageState.Hidden, IsUffdWriteProtected: false }), page.State.ToString()));
        Assert.All(pages.On(region["guard"]), page => Assert.Null(page.SwapFile));
        Assert.All(pages.On(region["written"]), page => Assert.Equal(PageState.Present, page.State));
        Assert.All(pages.On(region["untouched"]), page => Assert.Equal(PageState.Unpopulated, page.State));
    }
}
