using System.Text;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Core;

[Trait("Tier", "Unit")]
public sealed class ProcNumberTests
{
    [Theory]
    [InlineData("0", 0UL)]
    [InlineData("007", 7UL)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("18446744073709551616", null)]
    [InlineData("99999999999999999999999", null)]
    [InlineData("", null)]
    [InlineData("-1", null)]
    [InlineData("+1", null)]
    [InlineData(" 1", null)]
    [InlineData("1 ", null)]
    [InlineData("1a", null)]
    public void Decimal(string text, ulong? expected) =>
        Assert.Equal(expected, ProcNumber.TryParse(Encoding.UTF8.GetBytes(text), out ulong value) ? value : null);

    [Theory]
    [InlineData("ffffffffffffffff", ulong.MaxValue)]
    [InlineData("10000000000000000", null)]
    [InlineData("fffffffffffffffff", null)]
    [InlineData("0x1", null)]
    [InlineData("Aa", 0xaaUL)]
    [InlineData("g", null)]
    public void Hex(string text, ulong? expected) =>
        Assert.Equal(expected, ProcNumber.TryParseHex(Encoding.UTF8.GetBytes(text), out ulong value) ? value : null);

    [Theory]
    [InlineData("377", 0xffUL)]
    [InlineData("400", null)]
    [InlineData("8", null)]
    public void TryParseOctalRejectsNumbersAboveTheMaximum(string text, ulong? expected) =>
        Assert.Equal(expected, ProcNumber.TryParseOctal(Encoding.UTF8.GetBytes(text), out ulong value, byte.MaxValue) ? value : null);

    [Theory]
    [InlineData("1", 1)]
    [InlineData("2147483647", int.MaxValue)]
    [InlineData("2147483648", null)]
    [InlineData("0", null)]
    [InlineData("09", null)]
    [InlineData("-1", null)]
    [InlineData("", null)]
    [InlineData("self", null)]
    [InlineData("7\0", null)]
    [InlineData("\0", null)]
    public void TryParseIdAcceptsOnlyPositiveDecimalNumbers(string name, int? expected) => Assert.Equal(expected, ProcNumber.TryParseId(name, out int id) ? id : null);

    [Theory]
    [InlineData("8:1 x", 8UL, "1 x")]
    [InlineData("8", null, "8")]
    [InlineData("8 1", null, "8 1")]
    [InlineData(":1", null, ":1")]
    [InlineData("4294967296:1", null, "4294967296:1")]
    public void NumberIsTakenWithTheByteThatEndsIt(string text, ulong? expected, string rest)
    {
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(text);
        Assert.Equal(expected, ProcNumber.TryTake(ref bytes, (byte)':', out ulong value, uint.MaxValue) ? value : null);
        Assert.Equal(rest, Encoding.UTF8.GetString(bytes));
    }
}
