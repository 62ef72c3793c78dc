using FsCheck.Xunit;

namespace PagemapTools.Procfs.Tests.Pagemap;

[Trait("Tier", "Unit")]
public sealed class WalkPartsTests
{
    private const ulong Gibi = 1UL << 30;
    private static readonly ulong s_page = KernelFile.PageSize;

    [Property(MaxTest = 300)]
    public void Slices_cover_a_mapping_without_gaps_or_overlaps(uint firstPage, uint pages, byte factor)
    {
        ulong start = firstPage * s_page;
        ulong end = start + ((((ulong)pages * factor) + 1) * s_page);
        WalkPart[] slices = [.. new[] { Part(start, end) }.Sliced()];
        Assert.Equal(start, slices[0].Start);
        Assert.Equal(end, slices[^1].End);
        Assert.All(slices, slice => Assert.True(slice.Start < slice.End && slice.Start % s_page == 0));
        Assert.All(slices.Zip(slices.Skip(1)), pair => Assert.Equal(pair.First.End, pair.Second.Start));
    }

    [Theory]
    [InlineData(Gibi / 4, 1)]
    [InlineData(Gibi, 4)]
    [InlineData(4 * Gibi, 16)]
    [InlineData(64 * Gibi, 16)]
    [InlineData(16 * 1024 * Gibi, 256)]
    public void A_large_mapping_is_shared_in_pieces_that_are_worth_it(ulong size, int slices) =>
        Assert.Equal(slices, new[] { Part(0, size) }.Sliced().Count());

    [Fact]
    public void A_source_that_several_walks_share_gives_each_part_once()
    {
        WalkPart[] all = [.. Enumerable.Range(0, 5000).Select(i => Part((ulong)i * s_page, ((ulong)i + 1) * s_page))];
        SharedParts shared = new(all);
        List<ulong> taken = [];
        Lock gate = new();
        Parallel.For(0, 8, _ =>
        {
            foreach (WalkPart part in shared)
            {
                lock (gate)
                {
                    taken.Add(part.Start);
                }
            }
        });
        shared.End();
        Assert.Equal(all.Select(part => part.Start), taken.Order());
    }

    [Fact]
    public void A_failure_of_a_shared_source_is_met_by_one_walk_and_ends_it_for_the_others()
    {
        static IEnumerable<WalkPart> Failing()
        {
            yield return Part(0, s_page);
            throw new InvalidOperationException("gone");
        }

        SharedParts shared = new(Failing());
        using IEnumerator<WalkPart> first = shared.GetEnumerator();
        using IEnumerator<WalkPart> second = shared.GetEnumerator();
        Assert.True(first.MoveNext());
        Assert.Throws<InvalidOperationException>(() => second.MoveNext());
        Assert.False(first.MoveNext());
        shared.End();
    }

    private static WalkPart Part(ulong start, ulong end) => new(Identities.Mapping(start, end), start, end, PageCategories.Present);
}
