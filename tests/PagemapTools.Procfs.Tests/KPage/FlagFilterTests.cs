namespace PagemapTools.Procfs.Tests.KPage;

[Trait("Tier", "Unit")]
public sealed class FlagFilterTests
{
    private const ulong AnonLru = (ulong)(KPageFlags.ANON | KPageFlags.LRU);

    [Fact]
    public void A_filter_without_conditions_takes_everything()
    {
        FlagFilter filter = new(isRaw: false);
        Assert.True(filter.IsEmpty);
        Assert.True(filter.Matches(0, default));
        Assert.True(filter.Matches(ulong.MaxValue, default));
    }

    [Theory]
    [InlineData(AnonLru, true)]
    [InlineData(AnonLru | 1, true)]
    [InlineData((ulong)KPageFlags.ANON, false)]
    [InlineData(0UL, false)]
    public void All_of_the_flags_have_to_be_set(ulong word, bool matches)
    {
        FlagFilter filter = new FlagFilter(isRaw: false).AllOf(KPageFlags.ANON | KPageFlags.LRU);
        Assert.False(filter.IsEmpty);
        Assert.Equal(matches, filter.Matches(word, default));
    }

    [Theory]
    [InlineData(AnonLru, true)]
    [InlineData((ulong)KPageFlags.ANON, true)]
    [InlineData((ulong)KPageFlags.DIRTY, false)]
    public void Any_of_the_flags_has_to_be_set(ulong word, bool matches) =>
        Assert.Equal(matches, new FlagFilter(isRaw: false).AnyOf(KPageFlags.ANON | KPageFlags.LRU).Matches(word, default));

    [Theory]
    [InlineData((ulong)KPageFlags.DIRTY, true)]
    [InlineData(0UL, true)]
    [InlineData((ulong)KPageFlags.ANON, false)]
    public void None_of_the_flags_may_be_set(ulong word, bool matches) =>
        Assert.Equal(matches, new FlagFilter(isRaw: false).NoneOf(KPageFlags.ANON | KPageFlags.LRU).Matches(word, default));

    [Fact]
    public void All_conditions_have_to_hold()
    {
        FlagFilter filter = new FlagFilter(isRaw: false).AllOf(KPageFlags.ANON).NoneOf(KPageFlags.DIRTY).AnyOf(KPageFlags.LRU | KPageFlags.MMAP);
        Assert.True(filter.Matches(AnonLru, default));
        Assert.False(filter.Matches((ulong)KPageFlags.ANON, default));
        Assert.False(filter.Matches(AnonLru | (ulong)KPageFlags.DIRTY, default));
    }

    [Fact]
    public void A_flag_is_found_by_name_where_it_is_not_shown()
    {
        // A transparent huge page's compound marks, and the kernel's internal flags.
        ulong word = (ulong)(KPageFlags.THP | KPageFlags.COMPOUND_HEAD | KPageFlags.MLOCKED);
        Assert.True(new FlagFilter(isRaw: false).AllOf(KPageFlags.COMPOUND_HEAD).Matches(word, default));
        Assert.True(new FlagFilter(isRaw: false).AllOf(KPageFlags.MLOCKED).Matches(word, default));
        Assert.False(new FlagFilter(isRaw: false).NoneOf(KPageFlags.MLOCKED).Matches(word, default));
    }

    [Fact]
    public void A_false_flag_of_a_slab_page_is_not_found()
    {
        ulong word = (ulong)(KPageFlags.SLAB | KPageFlags.ANON);
        Assert.False(new FlagFilter(isRaw: false).AnyOf(KPageFlags.ANON).Matches(word, default));
        Assert.True(new FlagFilter(isRaw: false).NoneOf(KPageFlags.ANON).Matches(word, default));
    }

    [Fact]
    public void Bits_of_the_entry_are_found_by_name()
    {
        PagemapEntry entry = new(PagemapBits.Present | PagemapBits.SoftDirty | PagemapBits.Exclusive);
        Assert.True(new FlagFilter(isRaw: false).AllOf(KPageFlags.SOFTDIRTY | KPageFlags.MMAP_EXCLUSIVE).Matches(0, entry));
        Assert.False(new FlagFilter(isRaw: false).AllOf(KPageFlags.FILE).Matches(0, entry));
    }

    [Fact]
    public void A_bit_specification_is_held_against_what_is_shown()
    {
        ulong word = (ulong)(KPageFlags.THP | KPageFlags.COMPOUND_HEAD | KPageFlags.MLOCKED);
        Assert.True(new FlagFilter(isRaw: false).Matching(BitSpec.Parse("=thp")).Matches(word, default));
        Assert.False(new FlagFilter(isRaw: true).Matching(BitSpec.Parse("=thp")).Matches(word, default));
        Assert.True(new FlagFilter(isRaw: true).Matching(BitSpec.Parse("=thp,compound_head,mlocked")).Matches(word, default));
        Assert.False(new FlagFilter(isRaw: false).Matching(BitSpec.Parse("compound_head")).Matches(word, default));
    }
}
