namespace PagemapTools.Procfs.Tests.Live;

public sealed class SharedMemoryTests(ZooHouse house) : IClassFixture<ZooHouse>
{
    [Theory]
    [InlineData("memfd", "/memfd:zoo", true, MappingKind.SharedMemory)]
    [InlineData("posix-shm", "/dev/shm/", false, MappingKind.SharedMemory)]
    [InlineData("sysv-shm", "/SYSV00000000", true, MappingKind.SharedMemory)]
    [InlineData("sysv-shm-first", "/SYSV00000000", true, MappingKind.SharedMemory)]
    [InlineData("tmpfs-file", "/", false, MappingKind.File)]
    public void Touched_pages_are_present_and_of_shared_memory(string animal, string path, bool isDeleted, MappingKind kind)
    {
        using Zoo zoo = Zoo.Start(animal).Stop();
        ZooRegion region = zoo[animal];
        ProcessPageInfo[] pages = ZooPages.Of(region);
        Assert.All(pages.On(region["written"]), page =>
        {
            Assert.Equal(PageState.Present, page.State);
            Assert.True(page.IsFileOrSharedAnon);
            Assert.True(page.IsExclusive);
            Assert.True(page.MapCount is null or 1);
            Assert.True(page.Flags is null || (page.Flags.Value & (KPageFlags.SWAPBACKED | KPageFlags.ANON)) == KPageFlags.SWAPBACKED);
        });
        MemoryMapping mapping = pages[0].Mapping;
        Assert.StartsWith(path, mapping.Path, StringComparison.Ordinal);
        Assert.Equal((isDeleted, kind, true), (mapping.IsDeleted, mapping.Kind, mapping.IsShared));
        UssAgreement.Check(zoo.ProcessId);
    }

    [Theory]
    [InlineData("memfd")]
    [InlineData("posix-shm")]
    [InlineData("sysv-shm")]
    [InlineData("sysv-shm-first")]
    [InlineData("tmpfs-file")]
    public void Pages_that_a_child_touches_too_are_shared(string animal)
    {
        using Zoo zoo = Zoo.Start(animal, "child=1").Stop();
        ProcessPageInfo[] parent = ZooPages.Of(zoo[animal]);
        ProcessPageInfo[] child = ZooPages.Of(zoo[$"{animal}-child"]);
        foreach (int page in zoo[animal]["written"])
        {
            Assert.Equal((PageState.Present, PageState.Present), (parent[page].State, child[page].State));
            Assert.Equal(parent[page].Pfn, child[page].Pfn);
            Assert.False(parent[page].IsExclusive);
            Assert.False(child[page].IsExclusive);
            Assert.True(parent[page].MapCount is null or 2);
        }

        UssAgreement.Check(zoo.ProcessId);
        UssAgreement.Check(zoo.Children[0]);
    }

    [Fact]
    public void A_page_that_one_process_maps_twice_is_mapped_twice()
    {
        using Zoo zoo = Zoo.Start("mapped-twice").Stop();
        ProcessPageInfo[] first = ZooPages.Of(zoo["first"]);
        ProcessPageInfo[] second = ZooPages.Of(zoo["second"]);
        Assert.Equal(first[0].Pfn, second[0].Pfn);
        Assert.Equal((false, false, true), (first[0].IsExclusive, second[0].IsExclusive, first[1].IsExclusive));
        Assert.True(first[0].MapCount is null or 2);
        Assert.True(first[1].MapCount is null or 1);
        Assert.Equal((PageState.Present, PageState.Unpopulated), (first[1].State, second[1].State));
        UssAgreement.Check(zoo.ProcessId);
        zoo.Next().Stop();
        Assert.False(ZooPages.Of(zoo["first"])[1].IsExclusive);
        UssAgreement.Check(zoo.ProcessId);
    }

    [Fact]
    public void A_zapped_page_is_in_the_page_cache_and_a_hole_is_nowhere()
    {
        Needs.MapFiles();
        using Zoo zoo = Zoo.Start("shared-zapped").Stop();
        ZooRegion region = zoo["shared-zapped"];
        ProcessPageInfo[] pages = ZooPages.Of(region, resolveShared: true);
        Assert.All(pages.On(region["zapped"]), page => Assert.Equal((PageState.NotMapped, 0UL), (page.State, page.RawEntry & ~Words.SoftDirty)));
        Assert.All(pages.On(region["mapped"]), page => Assert.Equal(PageState.Present, page.State));
        Assert.All(pages.On(region["hole"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        Assert.All(ZooPages.Of(region).On(region["zapped"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        UssAgreement.Check(zoo.ProcessId);
        zoo.Next().Stop();
        Assert.Equal(PageState.Present, ZooPages.Of(zoo["shared-zapped"], resolveShared: true)[0].State);
    }

    [Theory]
    [InlineData("holes=no", "overlay=0")]
    [InlineData("holes=yes", "overlay=0")]
    [InlineData("holes=no", "overlay=1")]
    public void Of_a_file_that_nobody_touched_the_cached_pages_are_told(string holes, string overlay)
    {
        Needs.MapFiles();
        using Zoo zoo = Zoo.Start("file-untouched", holes, overlay).Stop();
        ZooRegion region = zoo["file-untouched"];
        Assert.SkipUnless(region["uncached"].Length > 0, "the file's system keeps every page in the page cache");
        ProcessPageInfo[] pages = ZooPages.Of(region, resolveShared: true);
        Assert.All(pages.On(region["cached"]), page => Assert.Equal(PageState.NotMapped, page.State));
        Assert.All(pages.On(region["uncached"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        zoo.Next().Stop();
        Assert.All(ZooPages.Of(zoo["file-untouched"], resolveShared: true), page => Assert.Equal(PageState.NotMapped, page.State));
    }

    [Theory]
    [InlineData(PageState.NotMapped, 8)]
    [InlineData(PageState.Present, 4)]
    [InlineData(PageState.Unpopulated, 4)]
    public void A_state_that_was_looked_up_can_be_asked_for(PageState state, int count)
    {
        Needs.MapFiles();
        Zoo zoo = house["shared-zapped"];
        using ProcessMemory process = ProcessMemory.Open(new ProcRoot("/proc"), zoo.ProcessId);
        ProcessPageQuery query = new()
        {
            Walk = new PageWalkOptions { Addresses = [zoo["shared-zapped"].Range] },
            Entries = new EntryFilter { States = [state] },
            ResolveShared = true,
        };
        (List<ProcessPageInfo> pages, _) = Walks.Pages(new ProcRoot("/proc"), process, query);
        Assert.Equal(count, pages.Count);
        Assert.All(pages, page => Assert.Equal(state, page.State));
    }
}
