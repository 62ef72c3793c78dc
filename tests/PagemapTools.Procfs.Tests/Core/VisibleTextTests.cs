using System.Globalization;
using System.Text;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Core;

[Trait("Tier", "Unit")]
public sealed class VisibleTextTests
{
    [Theory]
    [InlineData("osc\u001b]0;OWNED\a.bin", @"osc\u{1b}]0;OWNED\u{7}.bin")]
    [InlineData("row\nFAKE-ROW 1 2 3", @"row\u{a}FAKE-ROW 1 2 3")]
    [InlineData("cr\rOVER\tTAB\0\u007f", @"cr\u{d}OVER\u{9}TAB\u{0}\u{7f}")]
    [InlineData("c1\u009b31m", @"c1\u{9b}31m")]
    [InlineData("bidi\u202etxt.exe", @"bidi\u{202e}txt.exe")]
    [InlineData("zw\u200b\ufeff\u2028\u2029", @"zw\u{200b}\u{feff}\u{2028}\u{2029}")]
    [InlineData("tag\U000e0041private\U0010fffd", @"tag\u{e0041}private\u{10fffd}")]
    public void TerminalControlCharactersAreEscaped(string raw, string shown) => Assert.Equal(shown, VisibleText.Escape(raw));

    [Theory]
    [InlineData("")]
    [InlineData("postgres: writer [1] $x `y \\n \"z\"")]
    [InlineData("naïve-名-😀 a\u00a0b")]
    [InlineData(null)]
    public void OtherTextIsReturnedAsItIs(string? text) => Assert.Same(text, VisibleText.Escape(text));

    /// <summary>The categories Cc, Cf, Co, Zl and Zp of the Unicode standard.</summary>
    [Fact]
    public void EveryCharacterOfTheseCategoriesIsEscaped()
    {
        StringBuilder all = new();
        for (int value = 0; value <= 0x10ffff; value++)
        {
            if (Rune.IsValid(value))
            {
                all.Append(new Rune(value).ToString());
            }
        }

        string shown = VisibleText.Escape(all.ToString());

        string left = string.Concat(shown.EnumerateRunes().Select(rune => CharUnicodeInfo.GetUnicodeCategory(rune.Value)).Distinct().Order().Select(category => $"{category} "));
        Assert.DoesNotContain(nameof(UnicodeCategory.Control), left);
        Assert.DoesNotContain(nameof(UnicodeCategory.Format), left);
        Assert.DoesNotContain(nameof(UnicodeCategory.PrivateUse), left);
        Assert.DoesNotContain(nameof(UnicodeCategory.LineSeparator), left);
        Assert.DoesNotContain(nameof(UnicodeCategory.ParagraphSeparator), left);
    }
}
