using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.ReverseMap;

namespace PagemapTools.Procfs.Tests.ReverseMap;

[Trait("Tier", "Unit")]
public sealed class FrameSetTests
{
    [Fact]
    public void MembersAreNumberedInAscendingOrder()
    {
        ulong[] members = [0, 1, 63, 64, 65, 32767, 32768, 1 << 20, (1 << 20) + 127, 1UL << 35];
        FrameSet set = Create(members.Reverse().Concat(members).Select(pfn => new FrameRange(pfn, 1)));

        Assert.Equal(members.Length, set.Count);
        Assert.Equal(members, set.Enumerate());
        Assert.Equal(Enumerable.Range(0, members.Length), members.Select(set.IndexOf));
    }

    [Fact]
    public void OtherFramesAreNoMembers()
    {
        FrameSet set = Create([new FrameRange(100, 1), new FrameRange(1 << 20, 2)]);

        Assert.All((ulong[])[0, 99, 101, 164, 32868, (1 << 20) - 1, (1 << 20) + 2, 1UL << 40, ulong.MaxValue], pfn => Assert.Equal(-1, set.IndexOf(pfn)));
        Assert.Equal(-1, Create([]).IndexOf(0));
    }

    [Theory]
    [InlineData(0, 64)]
    [InlineData(1, 63)]
    [InlineData(63, 2)]
    [InlineData(10, 5)]
    [InlineData(60, 200)]
    [InlineData(32760, 70000)]
    public void RangeHasEachOfItsFrames(ulong first, int count)
    {
        FrameSet set = Create([new FrameRange(first, (ulong)count)]);

        Assert.Equal(Enumerable.Range(0, count).Select(i => first + (ulong)i), set.Enumerate());
    }

    private static FrameSet Create(IEnumerable<FrameRange> ranges)
    {
        FrameSet.Builder builder = new();
        foreach (FrameRange range in ranges)
        {
            builder.Add(range);
        }

        return builder.Build();
    }
}
