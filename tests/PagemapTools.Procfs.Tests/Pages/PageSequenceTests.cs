using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Pages;

[Trait("Tier", "Unit")]
public sealed class PageSequenceTests
{
    private const int Id = 7;
    private const int Pages = 40_000;
    private const int MinObjectBytes = 24;
    private static readonly ulong s_base = 0x10 * KernelFile.PageSize;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(FrameProperties.None, false)]
    [InlineData(FrameProperties.Flags | FrameProperties.MapCount, false)]
    [InlineData(FrameProperties.Flags | FrameProperties.MapCount, true)]
    public void RangesOfBatchesAreTheRangesOfObjects(FrameProperties include, bool ignorePfn)
    {
        using FakeProc tree = CreateTree(page => page % 100 == 99 ? 1UL : 0);
        using ProcfsContext procfs = new(tree.Root);
        IEnumerable<ProcessPageInfo> pages = procfs.ReadPages(Id, new ProcessPageQuery { Include = include }, cancellationToken: Stop);
        Assert.Equal(Describe(pages.Select(page => page).AsRanges(ignorePfn)), Describe(pages.AsRanges(ignorePfn)));
    }

    [Fact]
    public void RangesOfFramesAreTheRangesOfObjects()
    {
        using FakeProc tree = CreateTree(page => page % 3 == 0 ? 1UL : 0);
        using ProcfsContext procfs = new(tree.Root);
        IEnumerable<PageInfo> frames = procfs.ReadFrames(FrameRange.All, new FrameQuery { Include = FrameProperties.Flags | FrameProperties.MapCount }, cancellationToken: Stop);
        List<string> expected = Describe(frames.Select(frame => frame).AsRanges());
        Assert.Equal(expected, Describe(frames.AsRanges()));
        Assert.True(expected.Count > Pages / 2);
    }

    [Fact]
    public void ARangeOverSeveralBatchesAllocatesNoObjectForEachPage()
    {
        using FakeProc tree = CreateTree(_ => 0);
        using ProcfsContext procfs = new(tree.Root);
        ProcessPageQuery query = new() { Include = FrameProperties.Flags };
        Assert.Single(procfs.ReadPages(Id, query, cancellationToken: Stop).AsRanges());
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(Pages, Assert.Single(procfs.ReadPages(Id, query, cancellationToken: Stop).AsRanges()).PageCount);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Pages * MinObjectBytes);
    }

    // Page n is in frame n + 1, which is mapped once, or a further time where the pattern says so.
    private static FakeProc CreateTree(Func<int, ulong> furtherMappings)
    {
        ulong[] entries = [.. Enumerable.Range(0, Pages).Select(page => PagemapBits.Present | ((ulong)page + 1))];
        ulong[] counts = [0, .. Enumerable.Range(0, Pages).Select(page => 1 + furtherMappings(page))];
        ulong[] flags = [0, .. Enumerable.Repeat((ulong)(KPageFlags.ANON | KPageFlags.MMAP), Pages)];
        return FakeFrames.CreateTree(flags, counts, []).AddProcess(Id, s_base, entries);
    }

    private static List<string> Describe(IEnumerable<PageRange> ranges) =>
        [.. ranges.Select(range => $"{range.Address:x}-{range.EndAddress:x} {range.PageCount} {range.Pfn} {range.State} {range.FlagNames} {range.MapCount}")];
}
