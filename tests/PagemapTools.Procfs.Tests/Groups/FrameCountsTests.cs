using PagemapTools.Procfs.Groups;

namespace PagemapTools.Procfs.Tests.Groups;

[Trait("Tier", "Unit")]
public sealed class FrameCountsTests
{
    private readonly FrameBlockPool _pool = new();

    [Fact]
    public void ReferencesAreCountedByFrame()
    {
        FrameCounts frames = new(_pool);
        foreach (ulong pfn in (ulong[])[1, 511, 512, 1, 1UL << 30, 1])
        {
            frames.Add(pfn);
        }

        Assert.Equal([(1UL, (ushort)3), (511UL, (ushort)1), (512UL, (ushort)1), (1UL << 30, (ushort)1)], List(frames));
    }

    [Fact]
    public void CountsStopAtTheirMaximum()
    {
        FrameCounts frames = new(_pool);
        for (int i = 0; i < 70_000; i++)
        {
            frames.Add(7);
        }

        Assert.Equal([(7UL, FrameCounts.Saturated)], List(frames));
    }

    [Fact]
    public void MergedCountsStopAtTheirMaximum()
    {
        FrameCounts first = Count(5, 60_000);
        first.Merge(Count(5, 60_000));
        first.Merge(Count(6, 3));
        Assert.Equal([(5UL, FrameCounts.Saturated), (6UL, (ushort)3)], List(first));
    }

    [Fact]
    public void MergingTakesBlocksThatTheOtherHasAlone()
    {
        FrameCounts first = Count(5, 2);
        FrameCounts second = Count(100_000, 4);
        first.Merge(second);
        Assert.Equal([(5UL, (ushort)2), (100_000UL, (ushort)4)], List(first));
        Assert.Empty(second.GetBlocks());
    }

    [Fact]
    public void BlocksAreMadeOnDemand()
    {
        FrameCounts frames = Count(1UL << 38, 1);
        Assert.Single(frames.GetBlocks());
    }

    [Fact]
    public void MarksOfOneFrameAreJoined()
    {
        FrameCounts first = new(_pool);
        first.Add(9, (byte)FrameKind.KeptShmem);
        FrameCounts second = new(_pool);
        second.Add(9);
        second.Add(10, FrameCounts.HeldElsewhere);
        second.Add(9, FrameCounts.HeldElsewhere | (byte)FrameKind.KeptShmem);
        first.Merge(second);
        byte[] marks = Assert.Single(first.GetBlocks()).Marks!;
        Assert.Equal(FrameCounts.HeldElsewhere | (byte)FrameKind.KeptShmem, marks[9]);
        Assert.Equal(FrameCounts.HeldElsewhere, marks[10]);
        Assert.Equal(0, marks[11]);
    }

    [Fact]
    public void ReturnedBlocksAreEmpty()
    {
        FrameCounts frames = Count(5, 9);
        frames.Add(5, FrameCounts.Exclusive);
        frames.Clear();
        Assert.Empty(frames.GetBlocks());
        frames.Add(6, 0);
        Assert.Equal([(6UL, (ushort)1)], List(frames));
        Assert.Equal(0, Assert.Single(frames.GetBlocks()).Marks![5]);
    }

    private FrameCounts Count(ulong pfn, int times)
    {
        FrameCounts frames = new(_pool);
        for (int i = 0; i < times; i++)
        {
            frames.Add(pfn);
        }

        return frames;
    }

    private static IEnumerable<(ulong Pfn, ushort Count)> List(FrameCounts frames) =>
        from block in frames.GetBlocks()
        from index in Enumerable.Range(0, FrameCounts.BlockFrames)
        where block.Counts[index] != 0
        select ((block.Block << FrameCounts.BlockShift) + (ulong)index, block.Counts[index]);
}
