using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Pages;

[Trait("Tier", "Unit")]
public sealed class FrameFilterTests
{
    private const ulong Anon = (ulong)KPageFlags.ANON;

    [Fact]
    public void AnEmptyFilterRequiresNoProperties() => Assert.Equal(FrameProperties.None, new FrameFilter { Flags = new FlagFilter() }.RequiredProperties);

    [Fact]
    public void AFilterRequiresThePropertiesOfItsConditions()
    {
        Assert.Equal(FrameProperties.Flags, new FrameFilter { Flags = new FlagFilter { AnyOf = KPageFlags.LRU } }.RequiredProperties);
        Assert.Equal(FrameProperties.MapCount, new FrameFilter { MinMapCount = 0 }.RequiredProperties);
        Assert.Equal(FrameProperties.MapCount, new FrameFilter { MaxMapCount = 0 }.RequiredProperties);
        Assert.Equal(FrameProperties.Cgroup, new FrameFilter { Cgroups = new HashSet<ulong>() }.RequiredProperties);
    }

    [Theory]
    [InlineData(1UL, null, "1,2,3")]
    [InlineData(null, 1UL, "0,1")]
    [InlineData(2UL, 2UL, "2")]
    [InlineData(3UL, 2UL, "")]
    [InlineData(0UL, null, "0,1,2,3")]
    public void MapCountBoundsAreInclusive(ulong? minimum, ulong? maximum, string expected)
    {
        using FakeProc tree = FakeFrames.CreateTree([], [0, 1, 2, 3], []);
        Assert.Equal(expected, FilterPfns(tree, new FrameFilter { MinMapCount = minimum, MaxMapCount = maximum }));
    }

    [Fact]
    public void CgroupsMatchFramesChargedToOneOfThem()
    {
        using FakeProc tree = FakeFrames.CreateTree([], [], [0, 10, 20, 10]);
        Assert.Equal("1,3", FilterPfns(tree, new FrameFilter { Cgroups = new HashSet<ulong> { 10, 30 } }));
        Assert.Equal("0,2", FilterPfns(tree, new FrameFilter { Cgroups = new HashSet<ulong> { 0, 20 } }));
    }

    [Fact]
    public void AFrameBeyondTheEndFailsEveryCondition()
    {
        using FakeProc tree = FakeFrames.CreateTree([Anon], [1], [10]);
        Assert.Equal("0", FilterPfns(tree, new FrameFilter { Flags = new FlagFilter { NoneOf = KPageFlags.LRU } }));
        Assert.Equal("0", FilterPfns(tree, new FrameFilter { MinMapCount = 0 }));
        Assert.Equal("0", FilterPfns(tree, new FrameFilter { Cgroups = new HashSet<ulong> { 10, ulong.MaxValue - 1 } }));
    }

    [Fact]
    public void AFilterRequiresAllItsConditions()
    {
        using FakeProc tree = FakeFrames.CreateTree([Anon, Anon, 0, Anon], [1, 2, 1, 1], [10, 10, 10, 20]);
        FrameFilter filter = new()
        {
            Flags = new FlagFilter { AllOf = KPageFlags.ANON },
            MaxMapCount = 1,
            Cgroups = new HashSet<ulong> { 10 },
        };
        Assert.Equal("0", FilterPfns(tree, filter));
    }

    private static string FilterPfns(FakeProc tree, FrameFilter filter) =>
        string.Join(',', FakeFrames.Read(tree, new FrameQuery { Frames = filter }, 0, 1, 2, 3, 9).Select(page => page.Pfn));
}
