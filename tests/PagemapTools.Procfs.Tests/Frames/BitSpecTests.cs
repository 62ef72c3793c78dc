using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Tests.Frames;

/// <summary>The grammar of page-types' option --bits (parse_bits_mask in tools/mm/page-types.c).</summary>
[Trait("Tier", "Unit")]
public sealed class BitSpecTests
{
    private const ulong Locked = 1UL << 0, Referenced = 1UL << 2, Dirty = 1UL << 4, Lru = 1UL << 5, Active = 1UL << 6, Mmap = 1UL << 11,
        Anon = 1UL << 12, SwapCache = 1UL << 13, Head = 1UL << 15, Tail = 1UL << 16, Huge = 1UL << 17, Idle = 1UL << 25;

    [Theory]
    [InlineData("anon", Anon | Lru, true)]
    [InlineData("anon", Lru, false)]
    [InlineData("anon,lru", Lru, true)]
    [InlineData("anon,lru", Anon, true)]
    [InlineData("anon,lru", Dirty, false)]
    [InlineData("anon,lru=anon", Anon | Dirty, true)]
    [InlineData("anon,lru=anon", Anon | Lru, false)]
    [InlineData("anon,lru=anon", Dirty, false)]
    [InlineData("anon,lru=", Dirty, true)]
    [InlineData("anon,lru=", Lru, false)]
    [InlineData("anon,~lru", Anon | Dirty, true)]
    [InlineData("anon,~lru", Anon | Lru, false)]
    [InlineData("anon,~lru", Dirty, false)]
    [InlineData("~lru", 0UL, true)]
    [InlineData("~lru", Anon, true)]
    [InlineData("~lru", Lru, false)]
    [InlineData("~anon,~lru", Dirty, true)]
    [InlineData("~anon,~lru", Lru, false)]
    [InlineData("=anon,lru", Anon | Lru, true)]
    [InlineData("=anon,lru", Anon | Lru | Dirty, false)]
    [InlineData("=anon,lru", Anon, false)]
    [InlineData("=", 0UL, true)]
    [InlineData("=", Anon, false)]
    [InlineData("0x10", Dirty, true)]
    [InlineData("0x10", Lru, false)]
    [InlineData("0x10,anon=16", Dirty, true)]
    [InlineData("0x10,anon=16", Dirty | Anon, false)]
    [InlineData(" anon , lru ", Lru, true)]
    [InlineData("anon,", Anon, true)]
    public void ASpecificationMatchesTheFlagsThatPageTypesMatches(string specification, ulong flags, bool matches) =>
        Assert.Equal(matches, BitSpec.Parse(specification).Mask.Matches((KPageFlags)flags));

    [Theory]
    [InlineData("loc", Locked)]
    [InlineData("re", Referenced)]
    [InlineData("a", Active)]
    [InlineData("an", Anon)]
    [InlineData("anon", Anon)]
    [InlineData("anonym", Anon)]
    [InlineData("anonymous", Anon)]
    [InlineData("ANON", Anon)]
    [InlineData("mm", Mmap)]
    [InlineData("h", Huge)]
    [InlineData("idle_page", Idle)]
    [InlineData("idle", Idle)]
    [InlineData("Swap", SwapCache)]
    [InlineData("KPF_SWAP", 1UL << 62)]
    [InlineData("owner_2", 1UL << 34)]
    [InlineData("arch_3", 1UL << 42)]
    [InlineData("balloon", 1UL << 23)]
    [InlineData("compound", Head | Tail)]
    [InlineData("c", Head | Tail)]
    [InlineData("compound_h", Head)]
    [InlineData("compound_tail", Tail)]
    [InlineData("16", Dirty)]
    [InlineData("0x30", Dirty | Lru)]
    [InlineData("0X30", Dirty | Lru)]
    [InlineData("0x8000000000000000", 1UL << 63)]
    [InlineData("01777777777777777777777", ulong.MaxValue)]
    [InlineData("bit57", 1UL << 57)]
    public void ParseAcceptsNamePrefixesAndNumbers(string name, ulong flags) =>
        Assert.Equal(FlagMask.AnyOf((KPageFlags)flags), BitSpec.Parse(name).Mask);

    [Theory]
    [InlineData("bit5", 1UL << 5)]
    [InlineData("bit2", 1UL << 2)]
    public void BitNumbersAreNotPrefixesOfOthers(string name, ulong flags)
    {
        // The result is bit 5 or an error, never bit 52.
        try
        {
            Assert.Equal((KPageFlags)flags, BitSpec.Parse(name).Mask.Mask);
        }
        catch (FormatException refused)
        {
            Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("nonsense", "nonsense")]
    [InlineData("anon,nonsense=anon", "nonsense")]
    [InlineData("anon=nonsense", "nonsense")]
    [InlineData("~nonsense", "nonsense")]
    [InlineData("~", "~")]
    [InlineData("-1", "-1")]
    [InlineData("0xg", "0xg")]
    [InlineData("0x", "0x")]
    [InlineData("08", "08")]
    [InlineData("12abc", "12abc")]
    [InlineData("compoundx", "compoundx")]
    [InlineData("02000000000000000000000", "02000000000000000000000")]
    [InlineData("", "''")]
    [InlineData(" , ", "' , '")]
    [InlineData("18446744073709551616", "18446744073709551616")]
    [InlineData("16\0", @"'16\u{0}' is not")]
    [InlineData("lru,\u001b]0;X\a\u009b", @"'\u{1b}]0;X\u{7}\u{9b}' in 'lru,\u{1b}]0;X\u{7}\u{9b}' is not")]
    [InlineData(",\r,", @"',\u{d},' names no flag")]
    public void TheErrorQuotesUnparsableText(string specification, string quoted) =>
        Assert.Contains(quoted, Assert.Throws<FormatException>(() => BitSpec.Parse(specification)).Message, StringComparison.Ordinal);

    [Fact]
    public void ToStringReturnsTheTextAsWritten() => Assert.Equal(" anon,~lru", BitSpec.Parse(" anon,~lru").ToString());

    [Theory]
    [InlineData("bit")]
    [InlineData("bi")]
    public void ParseRejectsABitWithoutItsNumber(string specification) =>
        Assert.Throws<FormatException>(() => BitSpec.Parse(specification));
}
