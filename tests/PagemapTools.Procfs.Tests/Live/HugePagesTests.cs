namespace PagemapTools.Procfs.Tests.Live;

[Collection(MachineSettings.Name)]
public sealed class HugePagesTests(ZooHouse house) : IClassFixture<ZooHouse>
{
    [Fact]
    public void Pages_of_transparent_huge_pages_are_present_each_with_its_frame()
    {
        Needs.Frames();
        Zoo zoo = house["thp"];
        ProcessPageInfo[] whole = ZooPages.Of(zoo["whole"]);
        Assert.All(whole, IsWritten);
        Assert.All(whole, page => Assert.True(page.Flags!.Value.HasFlag(KPageFlags.THP)));
        Assert.Equal(Enumerable.Range(0, whole.Length).Select(i => whole[0].Pfn!.Value + (ulong)i), whole.Select(page => page.Pfn!.Value));
        Assert.Equal(0UL, whole[0].Pfn!.Value % (ulong)whole.Length);
        foreach (string name in (string[])["split-writable", "split-read-only", "partly-unmapped"])
        {
            Assert.All(ZooPages.Of(zoo[name]), IsWritten);
        }

        UssAgreement.Check(zoo.ProcessId);
    }

    [Fact]
    public void What_was_cut_out_of_a_huge_page_is_unpopulated()
    {
        using Zoo zoo = Zoo.Start("thp", "shmem=0").Stop();
        ProcessPageInfo[] pages = ZooPages.Of(zoo["partly-zapped"]);
        Assert.All(pages.On(zoo["partly-zapped"]["zapped"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        Assert.All(pages.On(zoo["partly-zapped"]["written"]), IsWritten);
        zoo.Next().Stop();
        ProcessPageInfo[] whole = ZooPages.Of(zoo["whole"]);
        Assert.Equal(PageState.Unpopulated, whole[1].State);
        Assert.All(whole.On(zoo["whole"]["written"]), IsWritten);
        UssAgreement.Check(zoo.ProcessId);
    }

    [Fact]
    public void A_huge_page_of_shared_memory_is_of_shared_memory()
    {
        Zoo zoo = house["thp"];
        Assert.SkipUnless(zoo.Has("shmem"), "this kernel does not collapse shared memory into a huge page");
        Assert.All(ZooPages.Of(zoo["shmem"]), page => Assert.Equal((PageState.Present, true, true), (page.State, page.IsFileOrSharedAnon, page.IsExclusive)));
    }

    [Fact]
    public void Pages_of_multi_size_folios_are_present()
    {
        using Zoo zoo = Zoo.Start("mthp").Stop();
        Assert.All(ZooPages.Of(zoo["mthp"]), IsWritten);
        ProcessPageInfo[] zapped = ZooPages.Of(zoo["zapped"]);
        Assert.Equal(zoo["zapped"]["zapped"], Enumerable.Range(0, zapped.Length).Where(page => zapped[page].State == PageState.Unpopulated));
        UssAgreement.Check(zoo.ProcessId);
    }

    [Theory]
    [InlineData("device=0")]
    [InlineData("device=1")]
    public void The_huge_zero_page_counts_for_nothing(string device)
    {
        Needs.Frames();
        using Zoo zoo = Zoo.Start("huge-zero", device).Stop();
        Assert.All(ZooPages.Of(zoo["huge-zero"]), page =>
        {
            Assert.Equal((PageState.Present, false), (page.State, page.IsExclusive));
            Assert.True(page.Flags!.Value.HasFlag(KPageFlags.ZERO_PAGE));
        });
        foreach (UssMethod method in UssAgreement.Methods())
        {
            MappingUss uss = UssAgreement.OfRegion(zoo["huge-zero"], method);
            Assert.Equal((0L, 0L), (uss.Uss!.Value, uss.Rss!.Value));
        }

        UssAgreement.Check(zoo.ProcessId);
        zoo.Next().Stop();
        IsWritten(ZooPages.Of(zoo["huge-zero"])[0]);
        UssAgreement.Check(zoo.ProcessId);
    }

    [Fact]
    public void Private_hugetlb_pages_are_counted_apart()
    {
        using Zoo zoo = Zoo.Start("hugetlb-private").Stop();
        ZooRegion region = zoo["hugetlb-private"];
        ProcessPageInfo[] pages = ZooPages.Of(region);
        int perHuge = int.Parse(region.Expect["huge-page-size"]) / Environment.SystemPageSize;
        for (int page = 0; page < pages.Length; page++)
        {
            bool isTouched = page / perHuge < 2;
            Assert.Equal(isTouched ? PageState.Present : PageState.Unpopulated, pages[page].State);
            Assert.True(!isTouched || pages[page].Flags is null || pages[page].Flags!.Value.HasFlag(KPageFlags.HUGE));
        }

        Assert.All(Enum.GetValues<UssMethod>().Intersect(UssAgreement.Methods()), method =>
        {
            MappingUss uss = UssAgreement.OfRegion(region, method);
            Assert.Equal((2L * perHuge * Environment.SystemPageSize, uss.Hugetlb, 0L), (uss.Hugetlb, uss.Uss!.Value, uss.Rss!.Value));
        });
        UssAgreement.Check(zoo.ProcessId);
    }

    [Theory]
    [InlineData("memfd")]
    [InlineData("sysv")]
    [InlineData("unmounted")]
    public void Shared_hugetlb_pages_are_ones_own_only_where_nobody_else_maps_them(string of)
    {
        using Zoo zoo = Zoo.Start("hugetlb-shared", $"of={of}").Stop();
        long size = long.Parse(zoo["parent"].Expect["huge-page-size"]);
        foreach (string name in (string[])["parent", "child"])
        {
            foreach (UssMethod method in UssAgreement.Methods())
            {
                MappingUss uss = UssAgreement.OfRegion(zoo[name], method);
                Assert.Equal((2 * size, size), (uss.Hugetlb, uss.Uss!.Value));
            }

            UssAgreement.Check(zoo[name].ProcessId);
        }
    }

    [Fact]
    public void Hugetlb_pages_behind_a_page_table_that_processes_share_are_nobodys_own()
    {
        using Zoo zoo = Zoo.Start("hugetlb-shared", "reserve=2GiB").Stop();
        Smaps kernel = UssAgreement.OfKernel(zoo["parent"]);
        Assert.SkipUnless(kernel["Shared_Hugetlb"] == kernel.Hugetlb, "this kernel shares no page tables");
        foreach (string name in (string[])["parent", "child"])
        {
            Assert.All(UssAgreement.Methods(), method => Assert.Equal(0, UssAgreement.OfRegion(zoo[name], method).Uss));
            UssAgreement.Check(zoo[name].ProcessId);
        }
    }

    [Fact]
    public void Hugetlb_pages_that_nobody_touched_are_never_swapped_out()
    {
        Needs.MapFiles();
        using Zoo swapped = Zoo.Start("swapped", "pages=16");
        using Zoo zoo = Zoo.Start("hugetlb-shared").Stop();
        Assert.All(ZooPages.Of(zoo["parent"], resolveShared: true), page => Assert.NotEqual(PageState.SwappedShared, page.State));
        UssAgreement.Check(zoo.ProcessId);
    }

    private static void IsWritten(ProcessPageInfo page)
    {
        Assert.Equal((PageState.Present, true, false), (page.State, page.IsExclusive, page.IsFileOrSharedAnon));
        Assert.True(page.MapCount is null or 1);
        Assert.True(page.Flags is null || page.Flags.Value.HasFlag(KPageFlags.ANON));
    }
}
