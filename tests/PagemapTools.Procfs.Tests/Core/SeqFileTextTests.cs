using System.Text;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Core;

[Trait("Tier", "Unit")]
public sealed class OctalEscapesTests
{
    [Theory]
    [InlineData(@"/a\012b", "\n", "/a\nb")]
    [InlineData(@"/a\040b", "\n", @"/a\040b")]
    [InlineData(@"/a\040b", " \t\n\\", "/a b")]
    [InlineData(@"/a\011\134b", " \t\n\\", "/a\t\\b")]
    [InlineData(@"/a\12", "\n", @"/a\12")]
    [InlineData(@"/a\", "\n", @"/a\")]
    [InlineData(@"/a\089", "\n", @"/a\089")]
    [InlineData(@"\012", "\n", "\n")]
    [InlineData("", "\n", "")]
    public void Only_the_characters_that_the_file_escapes_are_decoded(string written, string escaped, string expected) =>
        Assert.Equal(expected, SeqFileText.Unescape(Encoding.UTF8.GetBytes(written), escaped));

    [Fact]
    public void Bytes_that_are_not_utf8_are_shown_as_numbers() =>
        Assert.Equal(@"/x\xff\xfey", SeqFileText.Decode([(byte)'/', (byte)'x', 0xff, 0xfe, (byte)'y']));

    [Fact]
    public void A_sequence_that_is_cut_short_is_shown_as_numbers() =>
        Assert.Equal(@"a\xe5\x90", SeqFileText.Decode([(byte)'a', 0xe5, 0x90]));

    [Fact]
    public void Valid_utf8_stays_as_it_is() =>
        Assert.Equal("naïve-名-🦓", SeqFileText.Decode(Encoding.UTF8.GetBytes("naïve-名-🦓")));

    [Fact]
    public void Escapes_are_decoded_before_the_text_is()
    {
        // A path whose UTF-8 stands beside an escaped newline.
        byte[] written = [.. "名"u8, .. @"\012"u8, 0xff];
        Assert.Equal("名\n\\xff", SeqFileText.Unescape(written, "\n"));
    }
}
