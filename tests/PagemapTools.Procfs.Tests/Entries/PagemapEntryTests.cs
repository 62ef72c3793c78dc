using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Tests.Entries;

[Trait("Tier", "Unit")]
public sealed class PagemapEntryTests
{
    /// <summary>Linux 6.18 with CONFIG_MIGRATION alone: types 0 to 27 are swap areas, 28 to 30 migration, 31 the marker.</summary>
    private static readonly SwapTypes s_configured = new([], new NonSwapTypeLayout(new Version(6, 18), devicePrivate: false, migration: true, memoryFailure: false, pteMarker: true));

    [Theory]
    [InlineData(0UL, PageState.Unpopulated)]
    [InlineData(PagemapBits.SoftDirty, PageState.Unpopulated)]
    [InlineData(PagemapBits.UffdWriteProtected, PageState.UffdMarker)]
    [InlineData(PagemapBits.Present | 0x1234, PageState.Present)]
    [InlineData(PagemapBits.Present, PageState.Present)]
    [InlineData(PagemapBits.Present | PagemapBits.Guard | 0x1234, PageState.Present)]
    [InlineData(PagemapBits.GuardRegion, PageState.Guard)]
    [InlineData(PagemapBits.GuardRegion & ~PagemapBits.Guard, PageState.Guard)]
    [InlineData(PagemapBits.Swap | PagemapBits.Guard, PageState.Guard)]
    [InlineData(PagemapBits.UffdMarker, PageState.UffdMarker)]
    [InlineData(PagemapBits.UffdMarker & ~PagemapBits.UffdWriteProtected, PageState.UffdMarker)]
    [InlineData(PagemapBits.Swap | (2UL << 5) | 31, PageState.Poisoned)]
    [InlineData(PagemapBits.Swap | PagemapBits.UffdWriteProtected, PageState.Hidden)]
    [InlineData(PagemapBits.Swap, PageState.Hidden)]
    [InlineData(PagemapBits.Swap | (1UL << 5), PageState.Swapped)]
    [InlineData(PagemapBits.Swap | (0x3ffffffffffffUL << 5) | 27, PageState.Swapped)]
    [InlineData(PagemapBits.Swap | (0x1234UL << 5) | 28, PageState.Migration)]
    [InlineData(PagemapBits.Swap | (0x1234UL << 5) | 29, PageState.Migration)]
    [InlineData(PagemapBits.Swap | (0x1234UL << 5) | 30, PageState.Migration)]
    [InlineData(PagemapBits.Swap | (0x1234UL << 5) | 31, PageState.NonSwap)]
    [InlineData((1UL << 59) | (1UL << 60), PageState.Unpopulated)]
    public void EachWordHasItsState(ulong word, PageState state) => Assert.Equal(state, new PagemapEntry(word).GetState(s_configured));

    [Theory]
    [InlineData(PagemapBits.Present | 0x1234, 0x1234UL)]
    [InlineData(PagemapBits.Present | PagemapBits.Frame, PagemapBits.Frame)]
    [InlineData(PagemapBits.Present | PagemapBits.Exclusive | PagemapBits.File | PagemapBits.SoftDirty | PagemapBits.UffdWriteProtected | 1, 1UL)]
    public void APresentPageHasAFrameAndNoSwapOffset(ulong word, ulong pfn)
    {
        PagemapEntry entry = new(word);
        Assert.Equal(pfn, entry.Pfn);
        Assert.Null(entry.SwapType);
        Assert.Null(entry.SwapOffset);
    }

    [Fact]
    public void AHiddenFrameNumberIsNullNotZero()
    {
        PagemapEntry entry = new(PagemapBits.Present | PagemapBits.Exclusive);
        Assert.True(entry.IsPresent);
        Assert.Null(entry.Pfn);
    }

    [Theory]
    [InlineData(0, 1UL)]
    [InlineData(1, 0x3ffffffffffffUL)]
    [InlineData(27, 77UL)]
    public void ASwappedPageHasATypeAndAnOffsetAndNoFrame(int type, ulong offset)
    {
        PagemapEntry entry = new(PagemapBits.Swapped(type, offset) | PagemapBits.SoftDirty | PagemapBits.File);
        Assert.Equal(type, entry.SwapType);
        Assert.Equal(offset, entry.SwapOffset);
        Assert.Null(entry.Pfn);
        Assert.False(entry.IsPresent);
        Assert.True(entry.IsSwapFormat);
    }

    [Fact]
    public void AHiddenSwapOffsetIsNullNotZero()
    {
        PagemapEntry entry = new(PagemapBits.Swap | PagemapBits.Exclusive);
        Assert.Null(entry.SwapType);
        Assert.Null(entry.SwapOffset);
    }

    [Fact]
    public void AMarkerReportsItsTypeAndKind()
    {
        PagemapEntry guard = new(PagemapBits.GuardRegion);
        Assert.Equal((31, 4UL), (guard.SwapType, guard.SwapOffset));
        Assert.True(guard.IsGuardRegion);
        PagemapEntry protectedMarker = new(PagemapBits.UffdMarker);
        Assert.Equal((31, 1UL), (protectedMarker.SwapType, protectedMarker.SwapOffset));
        Assert.True(protectedMarker.IsUffdWriteProtected);
        Assert.False(protectedMarker.IsGuardRegion);
    }

    [Theory]
    [InlineData(55, nameof(PagemapEntry.IsSoftDirty))]
    [InlineData(56, nameof(PagemapEntry.IsExclusive))]
    [InlineData(57, nameof(PagemapEntry.IsUffdWriteProtected))]
    [InlineData(58, nameof(PagemapEntry.IsGuardRegion))]
    [InlineData(61, nameof(PagemapEntry.IsFileOrSharedAnon))]
    [InlineData(62, nameof(PagemapEntry.IsSwapFormat))]
    [InlineData(63, nameof(PagemapEntry.IsPresent))]
    public void EachBitSetsItsOwnProperty(int bit, string name)
    {
        Assert.Equal([name], GetSetBits(new PagemapEntry(1UL << bit)));
        Assert.DoesNotContain(name, GetSetBits(new PagemapEntry(~(1UL << bit))));
    }

    [Theory]
    [InlineData(59)]
    [InlineData(60)]
    public void UnknownBitsArePreservedAndChangeNothingElse(int bit)
    {
        PagemapEntry entry = new(PagemapBits.Present | PagemapBits.Exclusive | (1UL << bit) | 0x1234);
        Assert.Equal(1UL << bit, entry.UnknownBits);
        Assert.Equal(PageState.Present, entry.GetState(s_configured));
        Assert.Equal(0x1234UL, entry.Pfn);
        Assert.Equal(0UL, new PagemapEntry(entry.Raw & ~(1UL << bit)).UnknownBits);
        Assert.Equal(PagemapBits.Present | PagemapBits.Exclusive | (1UL << bit) | 0x1234, entry.Raw);
    }

    private static string[] GetSetBits(PagemapEntry entry) =>
        [.. typeof(PagemapEntry).GetProperties().Where(property => property.PropertyType == typeof(bool) && (bool)property.GetValue(entry)!).Select(property => property.Name)];
}
