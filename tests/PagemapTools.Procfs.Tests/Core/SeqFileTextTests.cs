using System.Text;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Core;

[Trait("Tier", "Unit")]
public sealed class SeqFileTextTests
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
    public void UnescapeDecodesOnlyTheCharactersThatTheFileEscapes(string written, string escaped, string expected) =>
        Assert.Equal(expected, SeqFileText.Unescape(Encoding.UTF8.GetBytes(written), escaped));

    [Fact]
    public void DecodeShowsInvalidUtf8AsHexNumbers() =>
        Assert.Equal(@"/x\xff\xfey", SeqFileText.Decode([(byte)'/', (byte)'x', 0xff, 0xfe, (byte)'y']));

    [Fact]
    public void DecodeShowsATruncatedSequenceAsHexNumbers() =>
        Assert.Equal(@"a\xe5\x90", SeqFileText.Decode([(byte)'a', 0xe5, 0x90]));

    [Fact]
    public void DecodePreservesValidUtf8() =>
        Assert.Equal("naïve-名-🦓", SeqFileText.Decode(Encoding.UTF8.GetBytes("naïve-名-🦓")));

    [Fact]
    public void UnescapeDecodesEscapesBeforeUtf8()
    {
        // Valid UTF-8, an escaped newline and an invalid byte.
        byte[] written = [.. "名"u8, .. @"\012"u8, 0xff];
        Assert.Equal("名\n\\xff", SeqFileText.Unescape(written, "\n"));
    }
}
