namespace PagemapTools.Procfs.Tests.Live;

[Collection(MachineSettings.Name)]
public sealed class SwappedPagesTests
{
    [Fact]
    public void Pages_in_swap_have_their_place_and_their_file()
    {
        Needs.FrameNumbers();
        using Zoo zoo = Zoo.Start("swapped").Stop();
        ZooRegion region = zoo["swapped"];
        ProcessPageInfo[] pages = ZooPages.Of(region);
        string[] areas = Areas();
        ProcessPageInfo[] swapped = [.. pages.On(region["swapped"])];
        Assert.All(swapped, page =>
        {
            Assert.Equal(PageState.Swapped, page.State);
            Assert.InRange(page.SwapOffset!.Value, 1UL, ulong.MaxValue);
            Assert.Contains(page.SwapFile, areas);
        });
        Assert.Equal(swapped.Length, swapped.Select(page => (page.SwapType, page.SwapOffset)).Distinct().Count());
        if (region.Expect["area"] is not "existing" and { } area)
        {
            Assert.All(swapped, page => Assert.Equal(area, page.SwapFile));
        }

        Assert.All(pages.On(region["read-back"]).Concat(pages.On(region["written-back"])), page => Assert.Equal((PageState.Present, true), (page.State, page.IsExclusive)));
        UssAgreement.Check(zoo.ProcessId);
    }

    [Fact]
    public void Clean_pages_that_were_read_back_are_still_in_the_swap_cache()
    {
        Needs.Frames();
        using Zoo zoo = Zoo.Start("swapped").Stop();
        ProcessPageInfo[] pages = ZooPages.Of(zoo["swapped"]);
        ProcessPageInfo[] cached = [.. pages.On(zoo["swapped"]["read-back"]).Where(page => page.Flags!.Value.HasFlag(KPageFlags.SWAPCACHE))];
        Assert.SkipUnless(cached.Length > 0, "the swap device is one that the kernel reads without the swap cache");
        Assert.All(cached, page => Assert.Equal((PageState.Present, 1UL), (page.State, page.MapCount)));
        Assert.All(pages.On(zoo["swapped"]["written-back"]), page => Assert.False(page.Flags!.Value.HasFlag(KPageFlags.SWAPCACHE)));
    }

    [Fact]
    public void With_two_areas_each_page_names_its_own()
    {
        Needs.FrameNumbers();
        Assert.SkipUnless(Areas().Length == 0, "a swap area is active already: the zoo's second would not be the second");
        using Zoo zoo = Zoo.Start("swapped", "two=1").Stop();
        ZooRegion first = zoo["swapped"];
        ZooRegion second = zoo["second"];
        Assert.Equal([first.Expect["area"], second.Expect["area"]], Areas());
        Assert.All(ZooPages.Of(first).On(first["swapped"]), page => Assert.Equal((0, first.Expect["area"]), (page.SwapType!.Value, page.SwapFile)));
        Assert.All(ZooPages.Of(second).On(second["swapped"]), page => Assert.Equal((1, second.Expect["area"]), (page.SwapType!.Value, page.SwapFile)));
        UssAgreement.Check(zoo.ProcessId);

        // The first is switched off: the second keeps its number, and is now the only one in /proc/swaps.
        zoo.Next().Stop();
        Assert.All(ZooPages.Of(zoo["swapped"]), page => Assert.Equal(PageState.Present, page.State));
        Assert.All(ZooPages.Of(second).On(second["swapped"]), page => Assert.Equal((PageState.Swapped, 1, second.Expect["area"]), (page.State, page.SwapType!.Value, page.SwapFile)));
        UssAgreement.Check(zoo.ProcessId);
    }

    [Fact]
    public void Shared_memory_in_swap_is_told_from_what_was_never_there()
    {
        Needs.MapFiles();
        using Zoo zoo = Zoo.Start("shared-swapped").Stop();
        ZooRegion region = zoo["shared-swapped"];
        ProcessPageInfo[] pages = ZooPages.Of(region, resolveShared: true);

        // Before cachestat (6.5) a page still in the swap cache cannot be told from one in the page cache.
        int[] doubtful = Environment.OSVersion.Version < new Version(6, 5) ? region["swap-cache"] : [];
        Assert.All(pages.On(region["swapped"].Except(doubtful)), page => Assert.Equal(PageState.SwappedShared, page.State));
        Assert.All(pages.On(region["mapped"]), page => Assert.Equal(PageState.Present, page.State));
        Assert.All(pages.On(region["hole"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        UssAgreement.Check(zoo.ProcessId);
        Assert.SkipWhen(region.Expect["area"] == "existing", "the active swap area is not the zoo's to switch off");
        zoo.Next().Stop();
        Assert.All(ZooPages.Of(zoo["shared-swapped"], resolveShared: true).On(zoo["shared-swapped"]["zapped"]), page => Assert.Equal(PageState.NotMapped, page.State));
        UssAgreement.Check(zoo.ProcessId);
    }

    [Theory]
    [InlineData("memfd")]
    [InlineData("posix-shm")]
    [InlineData("sysv-shm")]
    [InlineData("sysv-shm-first")]
    [InlineData("tmpfs-file")]
    [InlineData("tmpfs-file", "detached=1")]
    [InlineData("file-shared", "dir=/dev/shm")]
    [InlineData("file-shared", "dir=/dev/shm", "overlay=1")]
    public void Swap_of_every_kind_of_shared_memory_is_counted_as_smaps_counts_it(string animal, params string[] options)
    {
        Needs.MapFiles();

        // Has a swap area, and zswap where the kernel has it, so that nothing stays in the swap cache.
        using Zoo area = Zoo.Start("shared-swapped", "pages=16");
        using Zoo zoo = Zoo.Start(animal, ["pages=64", "written=0-63", "read=none", .. options]);
        PageOut.Whole(zoo[animal]);
        zoo.Stop();
        Assert.Equal(zoo[animal].Length, UssAgreement.OfKernel(zoo[animal])["Swap"]);
        UssAgreement.Check(zoo.ProcessId);
        ProcessPageInfo[] pages = ZooPages.Of(zoo[animal], resolveShared: true);
        Assert.SkipWhen(
            Environment.OSVersion.Version < new Version(6, 5) && pages.Any(page => page.State == PageState.NotMapped),
            "pages are still in the swap cache, and before cachestat (6.5) nothing tells them from the page cache");
        Assert.All(pages, page => Assert.Equal(PageState.SwappedShared, page.State));
    }

    [Theory]
    [InlineData("memfd", "written=0-63", "read=none")]
    [InlineData("file-shared", "written=0-63", "read=none", "dir=/dev/shm", "overlay=1")]
    [InlineData("file-private", "written=0-31", "read=32-63", "dir=/dev/shm")]
    [InlineData("file-private", "written=0-31", "read=32-63", "dir=/dev/shm", "overlay=1")]
    public void Swap_is_counted_as_smaps_counts_it_while_copies_are_in_the_swap_cache(string animal, params string[] options)
    {
        Needs.MapFiles();
        Needs.FrameNumbers();
        using Zoo area = Zoo.Start("shared-swapped", "pages=16", "zswap=0");
        using Zoo zoo = Zoo.Start(animal, ["pages=64", .. options]);
        PageOut.Whole(zoo[animal]);
        zoo.Stop();
        UssAgreement.Check(zoo.ProcessId);
    }

    [Fact]
    public void Swap_behind_a_private_mapping_of_shared_memory_is_counted_as_smaps_counts_it()
    {
        Needs.MapFiles();
        Needs.FrameNumbers();
        using Zoo area = Zoo.Start("shared-swapped", "pages=16");
        using Zoo zoo = Zoo.Start("file-private", "dir=/dev/shm", "pages=32", "written=0-7", "read=8-31");
        PageOut.Whole(zoo["file-private"]);
        zoo.Stop();
        ProcessPageInfo[] pages = ZooPages.Of(zoo["file-private"]);
        Assert.All(pages[..8], page => Assert.Equal(PageState.Swapped, page.State));
        Assert.All(pages[8..], page => Assert.Equal(PageState.Unpopulated, page.State));
        UssAgreement.Check(zoo.ProcessId);
    }

    [Fact]
    public void A_page_of_ones_own_stands_for_the_swapped_page_of_shared_memory_behind_it()
    {
        Needs.MapFiles();
        using Zoo area = Zoo.Start("shared-swapped", "pages=16");
        using Zoo zoo = Zoo.Start("file-private", "dir=/dev/shm", "pages=32", "written=0-31", "read=none").Stop();
        using OwnPages shared = OwnPages.OfFile(zoo["file-private"].Expect["path"], 32);
        PageOut.Until(Environment.ProcessId, shared.Start, 32 * (long)KernelFile.PageSize, () =>
            KernelFile.Pagemap(Environment.ProcessId, shared.Start, 32).All(entry => (entry & Words.Present) == 0));
        Assert.Equal(0, UssAgreement.OfKernel(zoo["file-private"])["Swap"]);
        UssAgreement.Check(zoo.ProcessId);
    }

    private static string[] Areas() => [.. File.ReadLines("/proc/swaps").Skip(1).Select(line => line.Split((char[]?)null)[0])];
}
