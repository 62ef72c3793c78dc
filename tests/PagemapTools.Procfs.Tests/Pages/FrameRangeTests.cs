using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Pages;

[Trait("Tier", "Unit")]
public sealed class FrameRangeTests
{
    [Theory]
    [InlineData("0x1000-0x1005", 0x1000UL, 5UL)]
    [InlineData("0-0xff", 0UL, 0xffUL)]
    [InlineData(" 16 - 32 ", 16UL, 16UL)]
    [InlineData("0x10", 0x10UL, 1UL)]
    [InlineData("7", 7UL, 1UL)]
    public void ParseAcceptsNumbersAndRangesWithoutTheirEnd(string text, ulong first, ulong count) =>
        Assert.Equal(new FrameRange(first, count), FrameRange.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("0x10-")]
    [InlineData("0x20-0x10")]
    [InlineData("0x10-0x10")]
    [InlineData("1000g")]
    [InlineData("0x1-0x2-0x3")]
    public void TheErrorQuotesUnparsableText(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => FrameRange.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("7\u001b]0;X\a", @"'7\u{1b}]0;X\u{7}' is not a page frame number")]
    [InlineData("1-\u202e2", @"'\u{202e}2' in '1-\u{202e}2' is not a page frame number")]
    [InlineData("2-\r\n1", @"The range '2-\u{d}\u{a}1' is empty")]
    public void TheErrorShowsControlCharactersEscaped(string text, string beginning) =>
        Assert.StartsWith(beginning, Assert.Throws<FormatException>(() => FrameRange.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void ARangeWithoutAnEndIsQuotedEscaped() =>
        Assert.StartsWith(@"'7\u{1b}' is no range", Assert.Throws<FormatException>(() => PageRange.Parse("7\u001b")).Message, StringComparison.Ordinal);

    [Fact]
    public void ARangeOfFramesHasNumbersOnly()
    {
        PageRange range = PageRange.Parse("0x1000-0x1005");
        Assert.Equal((0x1000UL, 5L), (range.Pfn!.Value, range.PageCount));
        Assert.Equal<(object?, object?, object?)>((null, null, null), (range.Mapping, range.Flags, range.State));
    }
}
