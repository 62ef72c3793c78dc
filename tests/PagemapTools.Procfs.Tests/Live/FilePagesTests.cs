namespace PagemapTools.Procfs.Tests.Live;

public sealed class FilePagesTests(ZooHouse house) : IClassFixture<ZooHouse>
{
    [Fact]
    public void Of_a_file_mapped_privately_read_pages_are_the_files_and_written_ones_the_processs()
    {
        using Zoo zoo = Zoo.Start("file-private").Stop();
        ZooRegion region = zoo["file-private"];
        ProcessPageInfo[] pages = ZooPages.Of(region);
        Assert.All(pages.On(region["read"]), OfFile);
        Assert.All(pages.On(region["written"]), page =>
        {
            Assert.Equal(PageState.Present, page.State);
            Assert.False(page.IsFileOrSharedAnon);
            Assert.True(page.IsExclusive);
            Assert.True(page.Flags is null || page.Flags.Value.HasFlag(KPageFlags.ANON));
        });
        AssertUntouched(region, pages);
        Assert.All(pages, page => Assert.Equal((region.Expect["path"], "rw-p", MappingKind.File), (page.Mapping.Path, page.Mapping.Permissions, page.Mapping.Kind)));
        UssAgreement.Check(zoo.ProcessId);
    }

    [Theory]
    [InlineData("file-shared", false)]
    [InlineData("deleted-file", true)]
    public void Of_a_file_mapped_shared_every_page_is_the_files(string animal, bool isDeleted)
    {
        using Zoo zoo = Zoo.Start(animal).Stop();
        ZooRegion region = zoo[animal];
        ProcessPageInfo[] pages = ZooPages.Of(region);
        Assert.All(pages.On(region["read"]).Concat(pages.On(region["written"])), OfFile);
        Assert.All(pages.On(region["read"]).Concat(pages.On(region["written"])), page => Assert.True(page.IsExclusive));
        AssertUntouched(region, pages);
        Assert.All(pages, page => Assert.Equal((region.Expect["path"], isDeleted, true), (page.Mapping.Path, page.Mapping.IsDeleted, page.Mapping.IsShared)));
        UssAgreement.Check(zoo.ProcessId);
    }

    [Fact]
    public void A_page_of_a_file_that_two_processes_map_is_shared()
    {
        using Zoo zoo = Zoo.Start("file-shared", "child=1").Stop();
        ZooRegion region = zoo["file-shared"];
        ProcessPageInfo[] parent = ZooPages.Of(region);
        ProcessPageInfo[] child = ZooPages.Of(zoo["file-shared-child"]);
        foreach (int page in zoo["file-shared-child"]["read"])
        {
            Assert.Equal(parent[page].Pfn, child[page].Pfn);
            Assert.False(parent[page].IsExclusive);
            Assert.False(child[page].IsExclusive);
            Assert.True(parent[page].MapCount is null or 2);
        }

        UssAgreement.Check(zoo.ProcessId);
        UssAgreement.Check(zoo.Children[0]);
    }

    [Fact]
    public void Names_that_are_hard_to_parse_are_those_of_the_files()
    {
        Zoo zoo = house["odd-names"];
        Dictionary<ulong, MemoryMapping> mappings = Mappings(zoo);
        foreach (string name in (string[])["spaces", "newline", "tab", "backslash", "unicode", "brackets"])
        {
            MemoryMapping mapping = mappings[zoo[name].Start];
            Assert.Equal((zoo[name].Expect["path"], false, MappingKind.File), (mapping.Path, mapping.IsDeleted, mapping.Kind));
        }

        Assert.EndsWith(@"/x\xff\xfey", mappings[zoo["invalid-utf8"].Start].Path, StringComparison.Ordinal);
        MemoryMapping deleted = mappings[zoo["deleted-suffix-deleted"].Start];
        Assert.Equal((zoo["deleted-suffix-deleted"].Expect["path"], true), (deleted.Path, deleted.IsDeleted));
        Assert.All(zoo.Regions, region => Assert.Equal(PageState.Present, ZooPages.Of(region)[0].State));
    }

    [Fact]
    public void What_maps_cannot_tell_apart_is_read_as_the_likelier()
    {
        // maps has the same line for a newline in a name and for a backslash followed by 012, and for a name that ends in the mark.
        Zoo zoo = house["odd-names"];
        Dictionary<ulong, MemoryMapping> mappings = Mappings(zoo);
        Assert.EndsWith("/not\nnewline", mappings[zoo["octal"].Start].Path, StringComparison.Ordinal);
        Assert.EndsWith("/kept", mappings[zoo["deleted-suffix"].Start].Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_was_given_a_name_has_it()
    {
        Zoo zoo = house["odd-names"];
        Assert.SkipUnless(zoo["anon-named"].Expect.ContainsKey("vma-name"), "the kernel is built without CONFIG_ANON_VMA_NAME");
        MemoryMapping anonymous = Mappings(zoo)[zoo["anon-named"].Start];
        Assert.Equal(($"[anon:{zoo["anon-named"].Expect["vma-name"]}]", MappingKind.NamedAnonymous), (anonymous.Path, anonymous.Kind));
        Assert.SkipUnless(zoo["anon-shmem-named"].Expect.ContainsKey("vma-name"), "names of shared anonymous memory came with Linux 6.2");
        MemoryMapping shared = Mappings(zoo)[zoo["anon-shmem-named"].Start];
        Assert.Equal(($"[anon_shmem:{zoo["anon-shmem-named"].Expect["vma-name"]}]", MappingKind.SharedMemory), (shared.Path, shared.Kind));
    }

    private static Dictionary<ulong, MemoryMapping> Mappings(Zoo zoo)
    {
        using ProcessMemory process = ProcessMemory.Open(new ProcRoot("/proc"), zoo.ProcessId);
        return process.Mappings().ToDictionary(mapping => mapping.Start);
    }

    private static void AssertUntouched(ZooRegion region, ProcessPageInfo[] pages)
    {
        // Where the file could not be evicted from the page cache, a fault maps the neighbours too.
        if (region.Expect["evicted"] == "true")
        {
            Assert.All(pages.On(region["untouched"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        }
    }

    private static void OfFile(ProcessPageInfo page)
    {
        Assert.Equal(PageState.Present, page.State);
        Assert.True(page.IsFileOrSharedAnon);
        Assert.True(page.Flags is null || !page.Flags.Value.HasFlag(KPageFlags.ANON));
    }
}
