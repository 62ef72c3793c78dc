using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Groups;

namespace PagemapTools.Procfs.Tests.Groups;

[Trait("Tier", "Unit")]
public sealed class SwapSlotsTests
{
    private static readonly SwapTypes s_types = new(["/swap", "/swap2"], layout: null);

    [Fact]
    public void ASlotCountsOnce() => Assert.Equal(2, Create((0, 5), (0, 5), (0, 70_000)).Count);

    [Fact]
    public void SlotsOfDifferentAreasDiffer() => Assert.Equal(2, Create((0, 5), (1, 5)).Count);

    [Fact]
    public void OtherEntriesAreNoSlots()
    {
        SwapSlots slots = new();
        Assert.True(slots.Add([0, PagemapBits.Present | 77, PagemapBits.Swap | (1 << 5) | 31], s_types));
        Assert.True(slots.IsEmpty);
    }

    [Fact]
    public void AHiddenSlotIsReported() => Assert.False(new SwapSlots().Add([PagemapBits.Swap], s_types));

    [Fact]
    public void SlotsInBothSetsAreCounted()
    {
        SwapSlots first = Create((0, 5), (0, 6), (1, 900_000));
        SwapSlots second = Create((0, 6), (1, 900_000), (0, 7));
        Assert.Equal(2, first.CountIntersection(second));
        SwapSlots both = new();
        both.UnionWithIntersection(first, second);
        Assert.Equal(2, both.Count);
        both.UnionWith(first);
        Assert.Equal(3, both.Count);
    }

    private static SwapSlots Create(params (ulong Type, ulong Offset)[] slots)
    {
        SwapSlots set = new();
        set.Add([.. slots.Select(slot => PagemapBits.Swap | (slot.Offset << 5) | slot.Type)], s_types);
        return set;
    }
}
