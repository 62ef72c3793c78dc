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
    public void FramesFollowTheOrderOfTheirNumbers()
    {
        using FakeProc tree = FakeFrames.CreateTree([0, Anon, Slab, Anon | 1], [0, 1, 2, 3], [10, 11, 12, 13]);
        List<PageInfo> pages = FakeFrames.Read(tree, new FrameQuery { Include = All }, 3, 1, 3, 0);
        Assert.Equal([3UL, 1, 3, 0], pages.Select(page => page.Pfn!.Value));
        Assert.Equal([Anon | 1, Anon, Anon | 1, 0], pages.Select(page => page.RawFlags!.Value));
        Assert.Equal([3UL, 1, 3, 0], pages.Select(page => page.MapCount!.Value));
        Assert.Equal([13UL, 11, 13, 10], pages.Select(page => page.CgroupInode!.Value));
    }

    [Fact]
    public void AFrameBeyondTheEndHasOnlyItsNumber()
    {
        using FakeProc tree = FakeFrames.CreateTree([Anon], [1], [10]);
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
    public void AnUnrequestedPropertyIsNullNotZero()
    {
        using FakeProc tree = FakeFrames.CreateTree([Anon], [1], [10]);
        PageInfo page = Assert.Single(FakeFrames.Read(tree, new FrameQuery { Include = FrameProperties.MapCount }, 0));
        Assert.Equal(1UL, page.MapCount);
        Assert.Null(page.Flags);
        Assert.Null(page.CgroupInode);
    }

    [Fact]
    public void AZeroFromTheFileIsZeroNotNull()
    {
        using FakeProc tree = FakeFrames.CreateTree([0], [0], [0]);
        PageInfo page = Assert.Single(FakeFrames.Read(tree, new FrameQuery { Include = All }, 0));
        Assert.Equal(KPageFlags.None, page.Flags);
        Assert.Equal(0UL, page.MapCount);
        Assert.Equal(0UL, page.CgroupInode);
        Assert.Null(page.CgroupPath);
    }

    [Fact]
    public void FlagsFollowTheRequestedView()
    {
        ulong word = Slab | (ulong)(KPageFlags.ACTIVE | KPageFlags.RESERVED | KPageFlags.ANON);
        using FakeProc tree = FakeFrames.CreateTree([word], [0], [0]);
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
    public void ARangeEndsAtItsEndOrAtTheEndOfMemory(ulong first, ulong count, int expected)
    {
        ulong[] numbers = [.. Enumerable.Range(0, 40_000).Select(i => (ulong)i)];
        using FakeProc tree = FakeFrames.CreateTree(numbers, numbers, numbers);
        List<PageInfo> pages = FakeFrames.ReadRange(tree, new FrameQuery { Include = FrameProperties.MapCount | FrameProperties.Cgroup }, new FrameRange(first, count));
        Assert.Equal(expected, pages.Count);
        Assert.Equal(Enumerable.Range(0, expected).Select(i => first + (ulong)i), pages.Select(page => page.Pfn!.Value));
        Assert.Equal(pages.Select(page => page.Pfn), pages.Select(page => page.MapCount));
        Assert.Equal(pages.Select(page => page.Pfn), pages.Select(page => page.CgroupInode));
    }

    [Fact]
    public void AShorterFileLeavesItsPropertyNull()
    {
        using FakeProc tree = FakeFrames.CreateTree([Anon, Anon, Anon], [1], [10, 11]);
        List<PageInfo> pages = FakeFrames.ReadRange(tree, new FrameQuery { Include = All }, FrameRange.All);
        Assert.Equal([1, null, null], pages.Select(page => page.MapCount));
        Assert.Equal([10, 11, null], pages.Select(page => page.CgroupInode));
        Assert.Equal([Anon, Anon, Anon], pages.Select(page => page.RawFlags));
    }

    [Fact]
    public void AFilterReadsPropertiesThatWereNotRequested()
    {
        using FakeProc tree = FakeFrames.CreateTree([0, Anon, 0, Anon], [0, 1, 2, 3], [0, 0, 0, 0]);
        FrameQuery query = new() { Frames = new FrameFilter { Flags = new FlagFilter { AllOf = KPageFlags.ANON }, MinMapCount = 2 } };
        Assert.Equal([3UL], FakeFrames.ReadRange(tree, query, FrameRange.All).Select(page => page.Pfn!.Value));
        Assert.Equal([3UL], FakeFrames.Read(tree, query, 0, 1, 2, 3, 4).Select(page => page.Pfn!.Value));
    }

    [Fact]
    public void AFilteredRangeIsReadToItsEnd()
    {
        using FakeProc tree = FakeFrames.CreateTree(new ulong[50_000], [], []);
        tree.WriteEntries("kpageflags", 49_999, Anon);
        FrameQuery query = new() { Frames = new FrameFilter { Flags = new FlagFilter { AllOf = KPageFlags.ANON } } };
        Assert.Equal(49_999UL, Assert.Single(FakeFrames.ReadRange(tree, query, FrameRange.All)).Pfn);
    }

    [Fact]
    public void PopulatePreservesThePropertiesOfAPage()
    {
        using FakeProc tree = FakeFrames.CreateTree([Anon], [7], [10]);
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
    public void ReadingCanBeCancelled()
    {
        using FakeProc tree = FakeFrames.CreateTree([Anon], [1], [1]);
        using KPageFiles files = new(tree.Root);
        using FrameReader reader = new(files, new FrameQuery { Include = All });
        FrameRange range = FrameRange.All;
        Assert.Throws<OperationCanceledException>(() => reader.MoveNext(ref range, new CancellationToken(canceled: true)));
    }
}
