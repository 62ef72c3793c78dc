using FsCheck.Xunit;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Walk;

[Trait("Tier", "Unit")]
public sealed class WorkQueueTests
{
    private const ulong Gibi = 1UL << 30;
    private static readonly ulong s_page = KernelFile.PageSize;

    [Property(MaxTest = 300)]
    public void SlicesCoverEachPartWithoutGapsOrOverlaps(uint firstPage, uint pages, byte factor, uint furtherPages)
    {
        ulong start = firstPage * s_page;
        ulong end = start + ((((ulong)pages * factor) + 1) * s_page);
        ulong furtherStart = end + s_page;
        ulong furtherEnd = furtherStart + ((furtherPages + 1UL) * s_page);
        MappingPart[] slices = [.. new WorkQueue([CreatePart(start, end), CreatePart(furtherStart, furtherEnd)]).DequeueAll()];
        Assert.Equal(start, slices[0].Start);
        Assert.Equal(furtherEnd, slices[^1].End);
        Assert.All(slices, slice => Assert.True(slice.Start < slice.End && slice.Start % s_page == 0));
        Assert.All(slices.Zip(slices.Skip(1)), pair => Assert.Equal(pair.First.End == end ? furtherStart : pair.First.End, pair.Second.Start));
        Assert.All(slices, slice => Assert.True(slice.Mapping.Start <= slice.Start && slice.End <= slice.Mapping.End));
    }

    [Theory]
    [InlineData(Gibi / 4, 1)]
    [InlineData(Gibi, 4)]
    [InlineData(4 * Gibi, 16)]
    [InlineData(64 * Gibi, 16)]
    [InlineData(16 * 1024 * Gibi, 256)]
    public void SlicesAreLargeEnoughToBeWorthTaking(ulong size, int slices) =>
        Assert.Equal(slices, new WorkQueue([CreatePart(0, size)]).DequeueAll().Count());

    [Fact]
    public void SlicesOfReservedAddressesTakeNoMemory()
    {
        const int Reservations = 10_000;
        MappingPart[] parts = [.. Enumerable.Range(0, Reservations).Select(_ => CreatePart(0, 128 * 1024 * Gibi))];
        long before = GC.GetAllocatedBytesForCurrentThread();
        WorkQueue queue = new(parts);
        MappingPart slice = queue.DequeueAll().First();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * sizeof(long) * Reservations);
        Assert.Equal(64 * Gibi, slice.End);
    }

    [Fact]
    public void AnEmptyQueueHasNoSlices() => Assert.Empty(new WorkQueue([]).DequeueAll());

    [Fact]
    public void SeveralThreadsTakeEachPartOnce()
    {
        MappingPart[] all = [.. Enumerable.Range(0, 5000).Select(i => CreatePart((ulong)i * s_page, ((ulong)i + 1) * s_page))];
        WorkQueue queue = new(all);
        List<ulong> taken = [];
        Lock gate = new();
        Parallel.For(0, 8, _ =>
        {
            foreach (MappingPart part in queue.DequeueAll())
            {
                lock (gate)
                {
                    taken.Add(part.Start);
                }
            }
        });
        Assert.Equal(all.Select(part => part.Start), taken.Order());
        Assert.Empty(queue.DequeueAll());
    }

    private static MappingPart CreatePart(ulong start, ulong end) => new(Identities.CreateMapping(start, end), start, end, PageCategories.Present);
}
