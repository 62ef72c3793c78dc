using FsCheck.Xunit;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Tests.Frames;

[Trait("Tier", "Unit")]
public sealed class KPageFlagsDecoderTests
{
    private const KPageFlags Slab = KPageFlags.SLAB;

    [Property(MaxTest = 2000)]
    public void WellKnownFlagsEqualThoseOfPageTypes(ulong word) =>
        Assert.Equal(PageTypesView.GetWellKnown(word), (ulong)KPageFlagsDecoder.DecodeWellKnown(word));

    [Property(MaxTest = 2000)]
    public void RawFlagsEqualThoseOfPageTypes(ulong word, ulong entry)
    {
        Assert.Equal(PageTypesView.GetRaw(word), (ulong)KPageFlagsDecoder.DecodeRaw(word));
        Assert.Equal(PageTypesView.GetRaw(word, entry), (ulong)KPageFlagsDecoder.DecodeRaw(word, new PagemapEntry(entry)));
    }

    [Fact]
    public void BothViewsEqualPageTypesForEveryPairOfBits()
    {
        for (int first = 0; first < 64; first++)
        {
            for (int second = 0; second < 64; second++)
            {
                ulong word = (1UL << first) | (1UL << second);
                Assert.Equal(PageTypesView.GetWellKnown(word), (ulong)KPageFlagsDecoder.DecodeWellKnown(word));
                Assert.Equal(PageTypesView.GetRaw(word), (ulong)KPageFlagsDecoder.DecodeRaw(word));
            }
        }
    }

    [Fact]
    public void SlabPagesAreNeitherAnonymousNorMerged()
    {
        ulong word = (ulong)(Slab | KPageFlags.ANON | KPageFlags.KSM | KPageFlags.LOCKED);
        Assert.Equal(Slab | KPageFlags.LOCKED, KPageFlagsDecoder.DecodeWellKnown(word));
        Assert.Equal(Slab | KPageFlags.LOCKED, KPageFlagsDecoder.DecodeRaw(word));
        Assert.Equal(Slab | KPageFlags.LOCKED, KPageFlagsDecoder.DecodeAll(word, default));
        Assert.Equal(KPageFlags.ANON | KPageFlags.KSM, KPageFlagsDecoder.DecodeWellKnown(word & ~(ulong)(Slab | KPageFlags.LOCKED)));
    }

    [Theory]
    [InlineData(Slab | KPageFlags.ACTIVE, Slab | KPageFlags.SLUB_FROZEN)]
    [InlineData(Slab | KPageFlags.ERROR, Slab | KPageFlags.SLUB_DEBUG)]
    [InlineData(Slab | KPageFlags.PRIVATE, Slab | KPageFlags.SLOB_FREE)]
    [InlineData(KPageFlags.ACTIVE | KPageFlags.ERROR | KPageFlags.PRIVATE, KPageFlags.ACTIVE | KPageFlags.ERROR | KPageFlags.PRIVATE)]
    [InlineData(KPageFlags.ANON | KPageFlags.OWNER_2, KPageFlags.ANON | KPageFlags.ANON_EXCLUSIVE)]
    [InlineData(KPageFlags.LRU | KPageFlags.OWNER_2, KPageFlags.LRU | KPageFlags.OWNER_2)]
    [InlineData(Slab | KPageFlags.ANON | KPageFlags.OWNER_2, Slab | KPageFlags.OWNER_2)]
    [InlineData(KPageFlags.RECLAIM, KPageFlags.READAHEAD)]
    [InlineData(KPageFlags.RECLAIM | KPageFlags.WRITEBACK, KPageFlags.RECLAIM | KPageFlags.WRITEBACK)]
    public void TheRawViewRenamesOverloadedBits(KPageFlags word, KPageFlags shown) =>
        Assert.Equal(shown, KPageFlagsDecoder.DecodeRaw((ulong)word));

    [Fact]
    public void TheWellKnownViewShowsCompoundFlagsOfHugetlbOnly()
    {
        const KPageFlags Compound = KPageFlags.COMPOUND_HEAD | KPageFlags.COMPOUND_TAIL;
        Assert.Equal(KPageFlags.THP, KPageFlagsDecoder.DecodeWellKnown((ulong)(Compound | KPageFlags.THP)));
        Assert.Equal(KPageFlags.HUGE | Compound, KPageFlagsDecoder.DecodeWellKnown((ulong)(Compound | KPageFlags.HUGE)));
        Assert.Equal(KPageFlags.THP | Compound, KPageFlagsDecoder.DecodeRaw((ulong)(Compound | KPageFlags.THP)));
    }

    [Fact]
    public void OnlyTheRawViewShowsInternalFlags()
    {
        const KPageFlags Word = KPageFlags.LRU | KPageFlags.RESERVED | KPageFlags.MLOCKED | KPageFlags.ARCH_3 | (KPageFlags)(1UL << 43);
        Assert.Equal(KPageFlags.LRU, KPageFlagsDecoder.DecodeWellKnown((ulong)Word));
        Assert.Equal(Word, KPageFlagsDecoder.DecodeRaw((ulong)Word));
    }

    [Theory]
    [InlineData(27)]
    [InlineData(31)]
    [InlineData(57)]
    public void UnknownBitsArePreserved(int bit)
    {
        Assert.Equal(1UL << bit, (ulong)KPageFlagsDecoder.DecodeWellKnown(1UL << bit));
        Assert.Equal(1UL << bit, (ulong)KPageFlagsDecoder.DecodeRaw(1UL << bit));
    }

    [Fact]
    public void DecodeAllContainsBothNamesOfAnOverloadedBit()
    {
        KPageFlags all = KPageFlagsDecoder.DecodeAll((ulong)(Slab | KPageFlags.ACTIVE), new PagemapEntry(PagemapBits.SoftDirty));
        Assert.Equal(Slab | KPageFlags.ACTIVE | KPageFlags.SLUB_FROZEN | KPageFlags.SOFTDIRTY, all);
    }
}
