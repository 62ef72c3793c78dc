using System.Numerics;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Tests.Frames;

[Trait("Tier", "Unit")]
public sealed class KPageFlagsNamesTests
{
    [Theory]
    [InlineData(0UL, "None")]
    [InlineData(1UL, "LOCKED")]
    [InlineData((1UL << 5) | (1UL << 12) | (1UL << 3), "UPTODATE,LRU,ANON")]
    [InlineData((1UL << 27) | 1, "LOCKED,bit27")]
    [InlineData(1UL << 57, "bit57")]
    [InlineData((1UL << 63) | (1UL << 43), "bit43,MMAP_EXCLUSIVE")]
    public void FormatOrdersNamesByBitAndNumbersUnknownBits(ulong flags, string text) =>
        Assert.Equal(text, KPageFlagsNames.Format((KPageFlags)flags));

    [Fact]
    public void EachOfThe64BitsHasItsOwnName()
    {
        string[] names = KPageFlagsNames.Format((KPageFlags)ulong.MaxValue).Split(',');
        Assert.Equal(64, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Theory]
    [InlineData("ANON", KPageFlags.ANON)]
    [InlineData("anon", KPageFlags.ANON)]
    [InlineData("anonymous", KPageFlags.ANON)]
    [InlineData("KPF_ANON", KPageFlags.ANON)]
    [InlineData("kpf_Compound_Head", KPageFlags.COMPOUND_HEAD)]
    [InlineData(" thp ", KPageFlags.THP)]
    [InlineData("idle_page", KPageFlags.IDLE)]
    [InlineData("idle", KPageFlags.IDLE)]
    [InlineData("mappedtodisk", KPageFlags.OWNER_2)]
    [InlineData("balloon", KPageFlags.OFFLINE)]
    [InlineData("zero_page", KPageFlags.ZERO_PAGE)]
    [InlineData("bit57", (KPageFlags)(1UL << 57))]
    [InlineData("BIT27", (KPageFlags)(1UL << 27))]
    [InlineData("mmap_exclusive", KPageFlags.MMAP_EXCLUSIVE)]
    public void TryParseAcceptsKernelAndPageTypesNames(string name, KPageFlags flag)
    {
        Assert.True(KPageFlagsNames.TryParse(name, out KPageFlags parsed));
        Assert.Equal(flag, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ano")]
    [InlineData("KPF_")]
    [InlineData("None")]
    [InlineData("bit64")]
    [InlineData("bit-1")]
    [InlineData("4096")]
    [InlineData("ANON,LRU")]
    public void TryParseRejectsOtherText(string name)
    {
        Assert.False(KPageFlagsNames.TryParse(name, out KPageFlags flag));
        Assert.Equal(KPageFlags.None, flag);
    }

    [Fact]
    public void TryParseReadsBackTheNameOfEachBit()
    {
        for (int bit = 0; bit < 64; bit++)
        {
            Assert.True(KPageFlagsNames.TryParse(KPageFlagsNames.Format((KPageFlags)(1UL << bit)), out KPageFlags flag));
            Assert.Equal(bit, BitOperations.TrailingZeroCount((ulong)flag));
        }
    }
}
