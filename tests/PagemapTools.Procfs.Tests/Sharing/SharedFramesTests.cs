using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Sharing;

namespace PagemapTools.Procfs.Tests.Sharing;

/// <summary>Compares counts of random sets of processes with counts that this test makes itself.</summary>
[Trait("Tier", "Unit")]
public sealed class SharedFramesTests
{
    private const int Processes = 70;
    private const int Frames = 3000;

    [Theory]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public void PairsOfRandomSetsAreCountedAlsoAfterSetsWereRemoved(int minSetsToCollect)
    {
        Random random = new(20260);
        bool[,] maps = new bool[Processes, Frames];
        SharedFrames shared = new(Processes, minSetsToCollect);
        for (int process = 0; process < Processes; process++)
        {
            SharedFrames.Writer writer = new(shared, process);
            for (int from = 0; from < Frames; from += 100)
            {
                ulong[] entries = [.. Enumerable.Range(from, 100).Where(frame => maps[process, frame] = random.Next(2) == 0).Select(frame => PagemapBits.PresentAt((ulong)frame + 1))];
                writer.Add((ulong)from << PageGeometry.PageShift, entries, SharedFrameKind.File, TestContext.Current.CancellationToken);
                writer.Add((ulong)from << PageGeometry.PageShift, entries, SharedFrameKind.File, TestContext.Current.CancellationToken);
            }
        }

        shared.Close();
        PairCounter counter = Count(shared);
        for (int first = 0; first < Processes; first++)
        {
            for (int second = first + 1; second < Processes; second++)
            {
                int expected = Enumerable.Range(0, Frames).Count(frame => maps[first, frame] && maps[second, frame]);
                Assert.Equal(expected, counter.GetCount(first, second, SharedFrameKind.Anonymous));
            }
        }

        Assert.True(minSetsToCollect > Frames || shared.Sets.Count <= 2 * Frames, $"{shared.Sets.Count} sets are left.");
    }

    /// <summary>Processes have the entries of the one that forked them, except in random blocks. Some of these blocks fight for one place.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public void PairsOfForkedProcessesAreCounted(int minSetsToCollect)
    {
        const int Blocks = Frames / ForkedBlocks.BlockEntries;
        Random random = new(20261);
        ulong[][] forked = [.. Enumerable.Range(0, Blocks).Select(_ => CreateBlock(random))];
        HashSet<ulong>[] maps = new HashSet<ulong>[Processes];
        SharedFrames shared = new(Processes, minSetsToCollect);
        for (int process = 0; process < Processes; process++)
        {
            SharedFrames.Writer writer = new(shared, process);
            maps[process] = [];
            for (int block = 0; block < Blocks; block++)
            {
                ulong[] entries = random.Next(4) == 0 ? CreateBlock(random) : forked[block];
                ulong address = (ulong)(block % 2 == 0 ? block : block << 20) * ForkedBlocks.BlockEntries << PageGeometry.PageShift;
                int split = random.Next(8) == 0 ? random.Next(entries.Length) : 0;
                writer.Add(address, entries.AsSpan(0, split), SharedFrameKind.File, TestContext.Current.CancellationToken);
                writer.Add(address + ((ulong)split << PageGeometry.PageShift), entries.AsSpan(split), SharedFrameKind.File, TestContext.Current.CancellationToken);
                maps[process].UnionWith(entries.Where(entry => entry != 0));
            }
        }

        shared.Close();
        PairCounter counter = Count(shared);
        for (int first = 0; first < Processes; first++)
        {
            for (int second = first + 1; second < Processes; second++)
            {
                Assert.Equal(maps[first].Count(maps[second].Contains), counter.GetCount(first, second, SharedFrameKind.Anonymous));
            }
        }
    }

    [Fact]
    public void NothingIsAddedAfterTheEnd()
    {
        SharedFrames shared = new(2);
        new SharedFrames.Writer(shared, 0).Add(0, [PagemapBits.PresentAt(1)], SharedFrameKind.File, TestContext.Current.CancellationToken);
        shared.Close();
        Assert.ThrowsAny<OperationCanceledException>(() => new SharedFrames.Writer(shared, 1).Add(0, [PagemapBits.PresentAt(1)], SharedFrameKind.File, CancellationToken.None));
        Assert.Equal(0, Count(shared).GetCount(0, 1, SharedFrameKind.Anonymous));
    }

    [Fact]
    public void FramesAnywhereInTheAddressSpaceCount()
    {
        ulong[] entries = [.. new ulong[] { 1, 511, 512, (1UL << 21) - 1, 1UL << 21, 1UL << 40 }.Select(PagemapBits.PresentAt)];
        SharedFrames shared = new(2);
        new SharedFrames.Writer(shared, 0).Add(0, entries, SharedFrameKind.Hugetlb, TestContext.Current.CancellationToken);
        new SharedFrames.Writer(shared, 1).Add(0, entries, SharedFrameKind.Hugetlb, TestContext.Current.CancellationToken);
        shared.Close();
        Assert.Equal(entries.Length, Count(shared).GetCount(0, 1, SharedFrameKind.Hugetlb));
    }

    /// <summary>Creates the entries of a block; every eighth page is not populated.</summary>
    private static ulong[] CreateBlock(Random random) =>
        [.. Enumerable.Range(0, ForkedBlocks.BlockEntries).Select(_ => random.Next(8) == 0 ? 0 : PagemapBits.PresentAt((ulong)random.Next(Frames) + 1))];

    private static PairCounter Count(SharedFrames shared)
    {
        using PageIndexedFile counts = new("kpagecount", Read);
        PairCounter counter = new(shared, [.. Enumerable.Repeat(true, Processes)]);
        counter.Count(counts, new UntrackedSections(null), TestContext.Current.CancellationToken);
        return counter;

        static int Read(Span<byte> buffer, long offset, out int errno)
        {
            errno = 0;
            buffer.Fill(1);
            return buffer.Length;
        }
    }
}
