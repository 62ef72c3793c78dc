using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Pages;

[Trait("Tier", "Unit")]
public sealed class FrameReaderTests
{
    private const FrameProperties All = FrameProperties.Flags | FrameProperties.MapCount | FrameProperties.Cgroup;
    private const ulong Anon = (ulong)KPageFlags.ANON;
    private const ulong Slab = (ulong)KPageFlags.SLAB;

    [Fact]
    public void Frames_named_by_number_come_in_the_order_of_the_numbers()
    {
        using FakeProc tree = FakeFrames.Tree([0, Anon, Slab, Anon | 1], [0, 1, 2, 3], [10, 11, 12, 13]);
        List<PageInfo> pages = FakeFrames.Read(tree, new FrameQuery { Include = All }, 3, 1, 3, 0);
        Assert.Equal([3UL, 1, 3, 0], pages.Select(page => page.Pfn!.Value));
        Assert.Equal([Anon | 1, Anon, Anon | 1, 0], pages.Select(page => page.RawFlags!.Value));
        Assert.Equal([3UL, 1, 3, 0], pages.Select(page => page.MapCount!.Value));
        Assert.Equal([13UL, 11, 13, 10], pages.Select(page => page.CgroupInode!.Value));
    }

    [Fact]
    public void A_frame_that_is_not_there_has_a_number_and_nothing_else()
    {
        using FakeProc tree = FakeFrames.Tree([Anon], [1], [10]);
        PageInfo page = Assert.Single(FakeFrames.Read(tree, new FrameQuery { Include = All }, 5));
        Assert.Equal(5UL, page.Pfn);
        Assert.Null(page.Flags);
        Assert.Null(page.RawFlags);
        Assert.Null(page.FlagNames);
        Assert.Null(page.MapCount);
        Assert.Null(page.CgroupInode);
        Assert.Null(page.CgroupPath);
    }

    [Fact]
    public void What_was_not_asked_for_is_null_and_not_zero()
    {
        using FakeProc tree = FakeFrames.Tree([Anon], [1], [10]);
        PageInfo page = Assert.Single(FakeFrames.Read(tree, new FrameQuery { Include = FrameProperties.MapCount }, 0));
        Assert.Equal(1UL, page.MapCount);
        Assert.Null(page.Flags);
        Assert.Null(page.CgroupInode);
    }

    [Fact]
    public void A_zero_that_was_read_is_a_zero()
    {
        using FakeProc tree = FakeFrames.Tree([0], [0], [0]);
        PageInfo page = Assert.Single(FakeFrames.Read(tree, new FrameQuery { Include = All }, 0));
        Assert.Equal(KPageFlags.None, page.Flags);
        Assert.Equal(0UL, page.MapCount);
        Assert.Equal(0UL, page.CgroupInode);
        Assert.Null(page.CgroupPath);
    }

    [Fact]
    public void Flags_are_shown_well_known_or_raw()
    {
        ulong word = Slab | (ulong)(KPageFlags.ACTIVE | KPageFlags.RESERVED | KPageFlags.ANON);
        using FakeProc tree = FakeFrames.Tree([word], [0], [0]);
        PageInfo shown = Assert.Single(FakeFrames.Read(tree, new FrameQuery { Include = All }, 0));
        PageInfo raw = Assert.Single(FakeFrames.Read(tree, new FrameQuery { Include = All, RawFlags = true }, 0));
        Assert.Equal(KPageFlags.SLAB | KPageFlags.ACTIVE, shown.Flags);
        Assert.Equal(KPageFlags.SLAB | KPageFlags.SLUB_FROZEN | KPageFlags.RESERVED, raw.Flags);
        Assert.Equal("ACTIVE,SLAB", shown.FlagNames);
        Assert.Equal(word, shown.RawFlags);
        Assert.Equal(word, raw.RawFlags);
    }

    [Theory]
    [InlineData(0UL, ulong.MaxValue, 40_000)]
    [InlineData(5UL, 10UL, 10)]
    [InlineData(39_990UL, 100UL, 10)]
    [InlineData(16_384UL, 16_384UL, 16_384)]
    [InlineData(40_000UL, 1UL, 0)]
    [InlineData(7UL, 0UL, 0)]
    [InlineData(ulong.MaxValue - 1, 2UL, 0)]
    public void A_range_ends_where_it_ends_or_where_memory_does(ulong first, ulong count, int expected)
    {
        ulong[] numbers = [.. Enumerable.Range(0, 40_000).Select(i => (ulong)i)];
        using FakeProc tree = FakeFrames.Tree(numbers, numbers, numbers);
        List<PageInfo> pages = FakeFrames.ReadRange(tree, new FrameQuery { Include = FrameProperties.MapCount | FrameProperties.Cgroup }, new FrameRange(first, count));
        Assert.Equal(expected, pages.Count);
        Assert.Equal(Enumerable.Range(0, expected).Select(i => first + (ulong)i), pages.Select(page => page.Pfn!.Value));
        Assert.Equal(pages.Select(page => page.Pfn), pages.Select(page => page.MapCount));
        Assert.Equal(pages.Select(page => page.Pfn), pages.Select(page => page.CgroupInode));
    }

    [Fact]
    public void Files_of_different_lengths_leave_null_what_is_missing()
    {
        using FakeProc tree = FakeFrames.Tree([Anon, Anon, Anon], [1], [10, 11]);
        List<PageInfo> pages = FakeFrames.ReadRange(tree, new FrameQuery { Include = All }, FrameRange.All);
        Assert.Equal([1, null, null], pages.Select(page => page.MapCount));
        Assert.Equal([10, 11, null], pages.Select(page => page.CgroupInode));
        Assert.Equal([Anon, Anon, Anon], pages.Select(page => page.RawFlags));
    }

    [Fact]
    public void A_filter_reads_what_it_needs_although_it_was_not_asked_for()
    {
        using FakeProc tree = FakeFrames.Tree([0, Anon, 0, Anon], [0, 1, 2, 3], [0, 0, 0, 0]);
        FrameQuery query = new() { Frames = new FrameFilter { Flags = new FlagFilter { AllOf = KPageFlags.ANON }, MinMapCount = 2 } };
        Assert.Equal([3UL], FakeFrames.ReadRange(tree, query, FrameRange.All).Select(page => page.Pfn!.Value));
        Assert.Equal([3UL], FakeFrames.Read(tree, query, 0, 1, 2, 3, 4).Select(page => page.Pfn!.Value));
    }

    [Fact]
    public void A_range_in_which_nothing_passes_is_read_to_its_end()
    {
        using FakeProc tree = FakeFrames.Tree(new ulong[50_000], [], []);
        tree.Entries("kpageflags", 49_999, Anon);
        FrameQuery query = new() { Frames = new FrameFilter { Flags = new FlagFilter { AllOf = KPageFlags.ANON } } };
        Assert.Equal(49_999UL, Assert.Single(FakeFrames.ReadRange(tree, query, FrameRange.All)).Pfn);
    }

    [Fact]
    public void A_page_that_came_down_the_pipeline_keeps_what_it_has()
    {
        using FakeProc tree = FakeFrames.Tree([Anon], [7], [10]);
        PageInfo page = Assert.Single(FakeFrames.Read(tree, new FrameQuery { Include = FrameProperties.Flags }, 0));
        using KPageFiles files = new(tree.Root);
        using FrameReader reader = new(files, new FrameQuery { Include = FrameProperties.MapCount });
        reader.Batch.Add(page);
        reader.ReadBatch();
        Assert.Equal(1, reader.Count);
        Assert.Same(page, reader.GetPage(0));
        Assert.Equal(Anon, page.RawFlags);
        Assert.Equal(7UL, page.MapCount);
    }

    [Fact]
    public void A_stop_is_heeded()
    {
        using FakeProc tree = FakeFrames.Tree([Anon], [1], [1]);
        using KPageFiles files = new(tree.Root);
        using FrameReader reader = new(files, new FrameQuery { Include = All });
        FrameRange range = FrameRange.All;
        Assert.Throws<OperationCanceledException>(() => reader.MoveNext(ref range, new CancellationToken(canceled: true)));
    }
}
