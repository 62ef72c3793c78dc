using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Reports;

namespace PagemapTools.Procfs.Tests.Reports;

/// <summary>The runs of a report's map: how many page frames of each use there are stays exact, whatever else is lost.</summary>
[Trait("Tier", "Unit")]
public sealed class FrameMapTests
{
    private readonly FrameClasses _classes = new();

    [Fact]
    public void NeighboursOfOneClassAreOneRun()
    {
        FrameMap map = Create(maxRuns: 100, (Anonymous(1), 3), (Anonymous(1), 4), (Free, 5));

        Assert.Equal([(PageUse.Anonymous, 1, 7L), (PageUse.Free, 0, 5)], Describe(map));
        Assert.Equal((1, 12L, false), (map.BlockFrames, map.FrameCount, map.IsReduced));
    }

    [Fact]
    public void TooManyRunsLoseTheirOrderInsideBlocksAndKeepTheirUse()
    {
        FrameMap map = Create(maxRuns: 8, [.. Enumerable.Range(0, 64).Select(i => (i % 2 == 0 ? Anonymous(i % 4 == 0 ? 1 : 2) : Free, 1L))]);

        Assert.True(map.IsReduced);
        Assert.InRange(map.Runs.Count, 1, 8);
        Assert.Equal(64, map.FrameCount);
        Assert.Equal([(PageUse.Free, 32L), (PageUse.Anonymous, 32)], CountUses(map));
    }

    [Fact]
    public void ReducedPageFramesHaveTheClassOfMostOfTheirUse()
    {
        FrameMap map = Create(maxRuns: 1, (Anonymous(1), 2), (Free, 1), (Anonymous(2), 3), (Free, 2));

        Assert.Equal([(PageUse.Free, 0, 3L), (PageUse.Anonymous, 2, 5)], Describe(map));
        Assert.Equal(8, map.BlockFrames);
    }

    [Fact]
    public void RandomRunsAreCountedExactly()
    {
        Random random = new(7);
        (FrameClass, long)[] runs = [.. Enumerable.Range(0, 5000).Select(_ => (random.Next(3) == 0 ? Free : Anonymous(random.Next(50)), (long)random.Next(1, 40)))];
        FrameMap map = Create(maxRuns: 300, runs);
        map.HideOrder(512, 4096);

        Assert.Equal(runs.Sum(run => run.Item2), map.Runs.Sum(run => run.Count));
        Assert.Equal(runs.Where(run => run.Item1.Use == PageUse.Free).Sum(run => run.Item2), CountUses(map).First().Count);
        Assert.InRange(map.Runs.Count, 1, 300);
    }

    [Fact]
    public void AHiddenOrderIsTheSameForAllOrdersInsideARegion()
    {
        FrameMap map = Create(100, (Free, 4), (Anonymous(1), 2), (Anonymous(2), 2), (Free, 8));
        FrameMap other = Create(100, (Anonymous(2), 1), (Anonymous(1), 2), (Anonymous(2), 1), (Free, 8), (Free, 4));
        map.HideOrder(4, 16);
        other.HideOrder(4, 16);

        Assert.Equal(Describe(map), Describe(other));
        Assert.Equal(PageUse.Free, Describe(map).Last().Use);
    }

    [Fact]
    public void ClassesBeyondTheirBoundKeepTheirUse()
    {
        FrameClasses few = new(max: 2);
        int[] numbers = [few.GetNumber(Anonymous(1)), few.GetNumber(Anonymous(2)), few.GetNumber(Anonymous(3)), few.GetNumber(Anonymous(4)), few.GetNumber(Anonymous(1))];

        Assert.Equal([0, 1, 2, 2, 0], numbers);
        Assert.True(few.IsReduced);
        Assert.Equal((PageUse.Anonymous, 0), (few.Items[2].Use, few.Items[2].Owners));
    }

    private static FrameClass Free => new(PageUse.Free, KPageFlags.BUDDY, IsLarge: false, 0, 0);

    private static FrameClass Anonymous(int owners) => new(PageUse.Anonymous, KPageFlags.ANON, IsLarge: false, 0, owners);

    private FrameMap Create(int maxRuns, params (FrameClass Class, long Count)[] runs)
    {
        FrameMap map = new(_classes, maxRuns);
        Array.ForEach(runs, run => map.Add(_classes.GetNumber(run.Class), run.Count));
        map.Complete();
        return map;
    }

    private (PageUse Use, int Owners, long Count)[] Describe(FrameMap map) =>
        [.. map.Runs.Select(run => (_classes.Items[run.Class].Use, _classes.Items[run.Class].Owners, run.Count))];

    private IEnumerable<(PageUse Use, long Count)> CountUses(FrameMap map) =>
        Describe(map).GroupBy(run => run.Use, (use, runs) => (use, runs.Sum(run => run.Count))).OrderBy(use => use.use);
}
