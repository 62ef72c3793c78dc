namespace PagemapTools.Procfs.Tests.Live;

public sealed class AnonymousPagesTests(ZooHouse house) : IClassFixture<ZooHouse>
{
    [Fact]
    public void Written_pages_are_present_and_exclusive_and_the_others_unpopulated()
    {
        Zoo zoo = house["anon"];
        ZooRegion region = zoo["anon"];
        ProcessPageInfo[] pages = ZooPages.Of(region);
        Assert.All(pages.On(region["written"]), Private);
        Assert.All(pages.On(region["untouched"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        Assert.Equal(region["written"].Length, pages.Count(page => page.State == PageState.Present));
        UssAgreement.Check(zoo.ProcessId);
    }

    [Fact]
    public void Frames_of_written_pages_say_what_they_are()
    {
        Needs.Frames();
        Zoo zoo = house["anon"];
        ProcessPageInfo[] pages = [.. ZooPages.Of(zoo["anon"]).On(zoo["anon"]["written"])];
        Assert.Equal(pages.Length, pages.Select(page => page.Pfn).Distinct().Count());
        Assert.All(pages, page => Assert.Equal(KPageFlags.ANON | KPageFlags.MMAP | KPageFlags.SWAPBACKED, page.Flags & (KPageFlags.ANON | KPageFlags.MMAP | KPageFlags.SWAPBACKED | KPageFlags.ZERO_PAGE | KPageFlags.HUGE)));
        Assert.All(pages, page => Assert.Equal(Needs.KsmFlagIsTrue == false, page.Flags!.Value.HasFlag(KPageFlags.KSM)));
        Assert.All(pages, page => Assert.Equal(1UL, page.MapCount));
    }

    [Fact]
    public void Pages_that_were_only_read_are_the_zero_page()
    {
        Needs.Frames();
        Zoo zoo = house["anon-read"];
        ZooRegion region = zoo["anon-read"];
        ProcessPageInfo[] pages = ZooPages.Of(region);
        ProcessPageInfo[] read = [.. pages.On(region["read"])];
        Assert.Single(read.Select(page => page.Pfn).Distinct());
        Assert.All(read, page =>
        {
            Assert.Equal(PageState.Present, page.State);
            Assert.False(page.IsExclusive);
            Assert.False(page.IsFileOrSharedAnon);
            Assert.True(page.Flags?.HasFlag(KPageFlags.ZERO_PAGE));
            Assert.Equal(0UL, page.MapCount);
        });
        Assert.All(pages.On(region["untouched"]), page => Assert.Equal(PageState.Unpopulated, page.State));
    }

    [Fact]
    public void The_zero_page_counts_for_nothing()
    {
        Needs.Frames();
        Zoo zoo = house["anon-read"];
        MappingUss uss = UssAgreement.OfRegion(zoo["anon-read"], UssMethod.Exclusive);
        Assert.Equal((0L, 0L, 0L), (uss.Uss!.Value, uss.Rss!.Value, uss.Swap!.Value));
        UssAgreement.Check(zoo.ProcessId);
    }

    [Fact]
    public void A_write_to_the_zero_page_makes_a_page_of_its_own()
    {
        using Zoo zoo = Zoo.Start("anon-read").Next("0-3").Stop();
        ZooRegion region = zoo["anon-read"];
        ProcessPageInfo[] pages = ZooPages.Of(region);
        Assert.All(pages.On(region["written"]), Private);
        Assert.All(pages.On(region["read"]), page => Assert.False(page.IsExclusive));
        UssAgreement.Check(zoo.ProcessId);
    }

    [Fact]
    public void Reserved_memory_holds_nothing_and_protected_memory_keeps_what_it_holds()
    {
        using Zoo zoo = Zoo.Start("prot-none", "size=64MiB").Stop();
        Assert.All(ZooPages.Of(zoo["reserved"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        Assert.All(ZooPages.Of(zoo["written-then-none"]), Private);
        Assert.All(ZooPages.Of(zoo["written-then-none"]), page => Assert.Equal("---p", page.Mapping.Permissions));
        UssAgreement.Check(zoo.ProcessId);
    }

    [Fact]
    public void Locked_pages_are_present_and_their_frames_say_so()
    {
        Needs.Frames();
        Zoo zoo = house["mlocked"];
        ProcessPageInfo[] locked = ZooPages.Of(zoo["mlocked"]);
        ProcessPageInfo[] onFault = ZooPages.Of(zoo["on-fault"]);
        Assert.All(locked.Concat(onFault.On(zoo["on-fault"]["written"])), page =>
        {
            Private(page);
            Assert.True(((KPageFlags)page.RawFlags!.Value).HasFlag(KPageFlags.MLOCKED));
            Assert.False(page.Flags!.Value.HasFlag(KPageFlags.MLOCKED));
        });
        Assert.Equal(zoo["on-fault"]["written"].Length, onFault.Count(page => page.State == PageState.Present));
    }

    private static void Private(ProcessPageInfo page)
    {
        Assert.Equal(PageState.Present, page.State);
        Assert.True(page.IsExclusive);
        Assert.False(page.IsFileOrSharedAnon);
        Assert.True(page.MapCount is null or 1);
    }
}
