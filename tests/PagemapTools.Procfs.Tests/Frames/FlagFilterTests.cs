using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Tests.Frames;

[Trait("Tier", "Unit")]
public sealed class FlagFilterTests
{
    private const ulong AnonLru = (ulong)(KPageFlags.ANON | KPageFlags.LRU);

    [Fact]
    public void AnEmptyFilterMatchesEverything()
    {
        FlagFilter filter = new();
        Assert.True(filter.IsEmpty);
        Assert.True(filter.Matches(0, default, rawFlags: false));
        Assert.True(filter.Matches(ulong.MaxValue, default, rawFlags: false));
    }

    [Theory]
    [InlineData(AnonLru, true)]
    [InlineData(AnonLru | 1, true)]
    [InlineData((ulong)KPageFlags.ANON, false)]
    [InlineData(0UL, false)]
    public void AllOfRequiresEveryFlag(ulong word, bool matches)
    {
        FlagFilter filter = new FlagFilter { AllOf = KPageFlags.ANON | KPageFlags.LRU };
        Assert.False(filter.IsEmpty);
        Assert.Equal(matches, filter.Matches(word, default, rawFlags: false));
    }

    [Theory]
    [InlineData(AnonLru, true)]
    [InlineData((ulong)KPageFlags.ANON, true)]
    [InlineData((ulong)KPageFlags.DIRTY, false)]
    public void AnyOfRequiresOneFlag(ulong word, bool matches) =>
        Assert.Equal(matches, new FlagFilter { AnyOf = KPageFlags.ANON | KPageFlags.LRU }.Matches(word, default, rawFlags: false));

    [Theory]
    [InlineData((ulong)KPageFlags.DIRTY, true)]
    [InlineData(0UL, true)]
    [InlineData((ulong)KPageFlags.ANON, false)]
    public void NoneOfForbidsEveryFlag(ulong word, bool matches) =>
        Assert.Equal(matches, new FlagFilter { NoneOf = KPageFlags.ANON | KPageFlags.LRU }.Matches(word, default, rawFlags: false));

    [Fact]
    public void AFilterRequiresAllItsConditions()
    {
        FlagFilter filter = new FlagFilter { AllOf = KPageFlags.ANON, NoneOf = KPageFlags.DIRTY, AnyOf = KPageFlags.LRU | KPageFlags.MMAP };
        Assert.True(filter.Matches(AnonLru, default, rawFlags: false));
        Assert.False(filter.Matches((ulong)KPageFlags.ANON, default, rawFlags: false));
        Assert.False(filter.Matches(AnonLru | (ulong)KPageFlags.DIRTY, default, rawFlags: false));
    }

    [Fact]
    public void NamesMatchFlagsThatTheViewHides()
    {
        // The view hides the compound flags of a transparent huge page and the kernel's internal flags.
        ulong word = (ulong)(KPageFlags.THP | KPageFlags.COMPOUND_HEAD | KPageFlags.MLOCKED);
        Assert.True(new FlagFilter { AllOf = KPageFlags.COMPOUND_HEAD }.Matches(word, default, rawFlags: false));
        Assert.True(new FlagFilter { AllOf = KPageFlags.MLOCKED }.Matches(word, default, rawFlags: false));
        Assert.False(new FlagFilter { NoneOf = KPageFlags.MLOCKED }.Matches(word, default, rawFlags: false));
    }

    [Fact]
    public void NamesDoNotMatchFalseFlagsOfSlabPages()
    {
        ulong word = (ulong)(KPageFlags.SLAB | KPageFlags.ANON);
        Assert.False(new FlagFilter { AnyOf = KPageFlags.ANON }.Matches(word, default, rawFlags: false));
        Assert.True(new FlagFilter { NoneOf = KPageFlags.ANON }.Matches(word, default, rawFlags: false));
    }

    [Fact]
    public void NamesMatchBitsOfThePagemapEntry()
    {
        PagemapEntry entry = new(PagemapBits.Present | PagemapBits.SoftDirty | PagemapBits.Exclusive);
        Assert.True(new FlagFilter { AllOf = KPageFlags.SOFTDIRTY | KPageFlags.MMAP_EXCLUSIVE }.Matches(0, entry, rawFlags: false));
        Assert.False(new FlagFilter { AllOf = KPageFlags.FILE }.Matches(0, entry, rawFlags: false));
    }

    [Fact]
    public void BitSpecsMatchTheFlagsOfTheView()
    {
        ulong word = (ulong)(KPageFlags.THP | KPageFlags.COMPOUND_HEAD | KPageFlags.MLOCKED);
        Assert.True(new FlagFilter { BitSpecs = [BitSpec.Parse("=thp")] }.Matches(word, default, rawFlags: false));
        Assert.False(new FlagFilter { BitSpecs = [BitSpec.Parse("=thp")] }.Matches(word, default, rawFlags: true));
        Assert.True(new FlagFilter { BitSpecs = [BitSpec.Parse("=thp,compound_head,mlocked")] }.Matches(word, default, rawFlags: true));
        Assert.False(new FlagFilter { BitSpecs = [BitSpec.Parse("compound_head")] }.Matches(word, default, rawFlags: false));
    }
}
