using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Pages;

[Trait("Tier", "Unit")]
public sealed class EntryFilterTests
{
    private const ulong Frame = 0x1234;
    private const PageCategories Populated = PageCategories.Present | PageCategories.Swapped;

    private static readonly SwapTypes s_types = new(["/swap"], null);

    private static readonly Dictionary<PageState, ulong> s_words = new()
    {
        [PageState.Unpopulated] = 0,
        [PageState.Present] = PagemapBits.Present | Frame,
        [PageState.Swapped] = PagemapBits.Swapped(0, 77),
        [PageState.Guard] = PagemapBits.GuardRegion,
        [PageState.UffdMarker] = PagemapBits.UffdMarker,
        [PageState.Poisoned] = PagemapBits.Swapped(31, 2),
        [PageState.NonSwap] = PagemapBits.Swapped(30, Frame),
        [PageState.Hidden] = PagemapBits.Swap,
    };

    [Fact]
    public void AnEmptyFilterMatchesEveryPopulatedPage()
    {
        EntryMatcher filter = new(new EntryFilter());
        Assert.All(s_words, pair => Assert.Equal(pair.Key != PageState.Unpopulated, filter.Matches(pair.Value, s_types)));
        Assert.False(filter.AcceptsUnpopulated);
        Assert.Equal(Populated, filter.Categories);
    }

    [Fact]
    public void IncludeUnpopulatedMatchesUnpopulatedPages()
    {
        EntryMatcher filter = new(new EntryFilter { IncludeUnpopulated = true });
        Assert.All(s_words, pair => Assert.True(filter.Matches(pair.Value, s_types)));
        Assert.True(filter.AcceptsUnpopulated);
        Assert.Equal(PageCategories.None, filter.Categories);
    }

    [Fact]
    public void AStateMatchesOnlyItself()
    {
        foreach (PageState wanted in s_words.Keys)
        {
            EntryMatcher filter = new(new EntryFilter { States = [wanted] });
            Assert.All(s_words, pair => Assert.Equal(pair.Key == wanted, filter.Matches(pair.Value, s_types)));
        }
    }

    [Theory]
    [InlineData(PageState.Present, PageCategories.Present)]
    [InlineData(PageState.Swapped, PageCategories.Swapped)]
    [InlineData(PageState.Guard, PageCategories.Swapped)]
    [InlineData(PageState.Unpopulated, PageCategories.None)]
    internal void CategoriesSelectOnlyPagesThatCanMatch(PageState wanted, PageCategories categories) =>
        Assert.Equal(categories, new EntryMatcher(new EntryFilter { States = [wanted] }).Categories);

    [Fact]
    public void SeveralStatesMatchTogether()
    {
        EntryMatcher filter = new(new EntryFilter { States = [PageState.Swapped, PageState.Unpopulated] });
        Assert.True(filter.Matches(PagemapBits.Swapped(0, 77), s_types));
        Assert.True(filter.Matches(0, s_types));
        Assert.False(filter.Matches(PagemapBits.Present | Frame, s_types));
        Assert.True(filter.AcceptsUnpopulated);
    }

    [Theory]
    [InlineData(PagemapBits.Present | PagemapBits.SoftDirty | Frame, true)]
    [InlineData(PagemapBits.Present | Frame, false)]
    [InlineData(PagemapBits.Swap | PagemapBits.SoftDirty | 0x20, true)]
    [InlineData(PagemapBits.SoftDirty, false)]
    public void IsSoftDirtyMatchesBit55OfPopulatedPages(ulong word, bool matches)
    {
        Assert.Equal(matches, new EntryMatcher(new EntryFilter { IsSoftDirty = true }).Matches(word, s_types));
        Assert.Equal(!matches && word != PagemapBits.SoftDirty, new EntryMatcher(new EntryFilter { IsSoftDirty = false }).Matches(word, s_types));
    }

    [Theory]
    [InlineData(PagemapBits.Present | PagemapBits.Exclusive | Frame, true, false)]
    [InlineData(PagemapBits.Present | Frame, false, true)]
    [InlineData(PagemapBits.Swap | PagemapBits.Exclusive | 0x20, false, false)]
    [InlineData(PagemapBits.Swap | 0x20, false, false)]
    [InlineData(0UL, false, false)]
    public void IsExclusiveMatchesPresentPagesOnly(ulong word, bool exclusive, bool shared)
    {
        Assert.Equal(exclusive, new EntryMatcher(new EntryFilter { IsExclusive = true }).Matches(word, s_types));
        Assert.Equal(shared, new EntryMatcher(new EntryFilter { IsExclusive = false }).Matches(word, s_types));
        Assert.Equal(PageCategories.Present, new EntryMatcher(new EntryFilter { IsExclusive = true }).Categories);
    }

    [Fact]
    public void IsExclusiveExcludesUnpopulatedPages() =>
        Assert.False(new EntryMatcher(new EntryFilter { IsExclusive = true, IncludeUnpopulated = true }).AcceptsUnpopulated);
}
