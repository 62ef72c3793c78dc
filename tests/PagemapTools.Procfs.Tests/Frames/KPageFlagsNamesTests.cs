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
    public void Names_are_in_the_order_of_their_bits_and_an_unknown_bit_is_its_number(ulong flags, string text) =>
        Assert.Equal(text, KPageFlagsNames.Format((KPageFlags)flags));

    [Fact]
    public void All_sixty_four_bits_have_a_text_of_their_own()
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
    public void A_name_is_taken_in_the_kernels_and_in_page_types_spelling(string name, KPageFlags flag)
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
    public void What_is_no_name_is_refused(string name)
    {
        Assert.False(KPageFlagsNames.TryParse(name, out KPageFlags flag));
        Assert.Equal(KPageFlags.None, flag);
    }

    [Fact]
    public void What_is_shown_of_a_bit_is_read_back_as_that_bit()
    {
        for (int bit = 0; bit < 64; bit++)
        {
            Assert.True(KPageFlagsNames.TryParse(KPageFlagsNames.Format((KPageFlags)(1UL << bit)), out KPageFlags flag));
            Assert.Equal(bit, BitOperations.TrailingZeroCount((ulong)flag));
        }
    }
}
