using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Walk;

[Trait("Tier", "Unit")]
public sealed class AddressRangeParseTests
{
    [Theory]
    [InlineData("0x7f0000000000-0x7f0000001000", 0x7f0000000000UL, 0x7f0000001000UL)]
    [InlineData("0X10-0x20", 0x10UL, 0x20UL)]
    [InlineData(" 4096 - 8192 ", 4096UL, 8192UL)]
    [InlineData("0-0xffffffffffffffff", 0UL, ulong.MaxValue)]
    [InlineData("00400000-00401000", 0x400000UL, 0x401000UL)]
    [InlineData("5559f0e8e000-5559f103e000", 0x5559f0e8e000UL, 0x5559f103e000UL)]
    [InlineData("ffffffffff600000-ffffffffff601000", 0xffffffffff600000UL, 0xffffffffff601000UL)]
    [InlineData("4194304-4198400", 4194304UL, 4198400UL)]
    public void ParseAcceptsHexAndDecimalRanges(string text, ulong start, ulong end) =>
        Assert.Equal(new AddressRange(start, end), AddressRange.Parse(text));

    [Fact]
    public void OneAddressGivesThePageThatContainsIt()
    {
        ulong page = KernelFile.PageSize;
        Assert.Equal(new AddressRange(page, 2 * page), AddressRange.Parse($"0x{page + 5:x}"));
        Assert.Equal(new AddressRange(page, 2 * page), new AddressRange(page));
        Assert.Equal(new AddressRange(0, page), AddressRange.Parse("0"));
        Assert.Equal(new AddressRange(0x5559f0e8e000), AddressRange.Parse("5559f0e8e000"));
        Assert.Equal(new AddressRange(55590000), AddressRange.Parse("55590000"));
    }

    [Fact]
    public void ANegativeNumberIsAnAddressInTheUpperHalf() =>
        Assert.Equal(new AddressRange(0xffffffffff600000UL), new AddressRange(unchecked((long)0xffffffffff600000UL)));

    [Fact]
    public void TheLastPageEndsAboveItsStart()
    {
        AddressRange last = new(ulong.MaxValue);
        Assert.True(last.Start < last.End, last.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("0x")]
    [InlineData("0x10-")]
    [InlineData("-0x10")]
    [InlineData("7f00")]
    [InlineData("0x10-0x20-0x30")]
    [InlineData("0x10000000000000000")]
    [InlineData("0x20-0x10")]
    [InlineData("0x10-0x10")]
    [InlineData("heap")]
    [InlineData("5559F0E8E000-5559F103E000")]
    [InlineData("00401000-00400000")]
    [InlineData("7f000-7f001")]
    public void TheErrorQuotesUnparsableText(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => AddressRange.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("4096\0", @"'4096\u{0}' is not an address")]
    [InlineData("0x7f00\0", @"'0x7f00\u{0}' is not an address")]
    [InlineData("0x1000-\u001b]0;X\a\u009b\u202e", @"'\u{1b}]0;X\u{7}\u{9b}\u{202e}' in '0x1000-\u{1b}]0;X\u{7}\u{9b}\u{202e}' is not an address")]
    [InlineData("0x20-\r\n0x10", @"The range '0x20-\u{d}\u{a}0x10' is empty")]
    public void TheErrorShowsControlCharactersEscaped(string text, string beginning) =>
        Assert.StartsWith(beginning, Assert.Throws<FormatException>(() => AddressRange.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void ParseReadsBackToString()
    {
        AddressRange range = new(0x7f0000000000, 0x7f0000001000);
        Assert.Equal("0x7f0000000000-0x7f0000001000", range.ToString());
        Assert.Equal(range, AddressRange.Parse(range.ToString()));
    }
}
