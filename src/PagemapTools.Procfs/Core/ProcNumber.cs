using System.Globalization;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// Parses the numbers that the kernel writes into the files of proc: digits only, without a sign, a prefix or white space. A number
/// above the maximum is rejected.
/// </summary>
internal static class ProcNumber
{
    private const ulong Decimal = 10;
    private const ulong Hex = 16;
    private const ulong Octal = 8;

    /// <summary>Parses a text that is a decimal number and nothing else.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ulong value, ulong max = ulong.MaxValue) =>
        ParseDigits(text, Decimal, max, out value) == text.Length && !text.IsEmpty;

    /// <summary>Parses a text that is a hexadecimal number and nothing else.</summary>
    public static bool TryParseHex(ReadOnlySpan<byte> text, out ulong value, ulong max = ulong.MaxValue) =>
        ParseDigits(text, Hex, max, out value) == text.Length && !text.IsEmpty;

    /// <summary>Parses a text that is an octal number and nothing else.</summary>
    public static bool TryParseOctal(ReadOnlySpan<byte> text, out ulong value, ulong max = ulong.MaxValue) =>
        ParseDigits(text, Octal, max, out value) == text.Length && !text.IsEmpty;

    /// <summary>Takes a decimal number and the byte that ends it off the front of a line.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> rest, byte end, out ulong value, ulong max = ulong.MaxValue) =>
        TryTake(ref rest, Decimal, end, out value, max);

    /// <summary>Takes a hexadecimal number and the byte that ends it off the front of a line.</summary>
    public static bool TryTakeHex(ref ReadOnlySpan<byte> rest, byte end, out ulong value, ulong max = ulong.MaxValue) =>
        TryTake(ref rest, Hex, end, out value, max);

    /// <summary>Parses the name of a directory of a process or a thread: a positive id without leading zeros.</summary>
    public static bool TryParseId(ReadOnlySpan<char> name, out int id)
    {
        bool isId = TryParseTyped(name, NumberStyles.None, out ulong number) && number <= int.MaxValue && name[0] != '0';
        id = isId ? (int)number : 0;
        return isId;
    }

    /// <summary>Parses a number that a user typed, digits only. The parsers of .NET alone accept any number of NULs after the digits.</summary>
    public static bool TryParseTyped(ReadOnlySpan<char> text, NumberStyles style, out ulong value)
    {
        value = 0;
        return !text.Contains('\0') && ulong.TryParse(text, style, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>Parses a number that a user typed: in hexadecimal with 0x, else in decimal, or in hexadecimal if <paramref name="isHex"/>.</summary>
    /// <param name="text">The number.</param>
    /// <param name="whole">The text that it is a part of.</param>
    /// <param name="quantity">What the number is, for the message.</param>
    /// <param name="isHex">Whether it is hexadecimal without 0x, too.</param>
    /// <exception cref="FormatException">The text is no number. The message quotes it.</exception>
    public static ulong ParseTyped(string text, string whole, string quantity, bool isHex = false)
    {
        bool hasPrefix = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return TryParseTyped(hasPrefix ? text.AsSpan(2) : text, hasPrefix || isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, out ulong value)
            ? value
            : throw new FormatException($"{VisibleText.Quote(text, whole)} is not {quantity}: write it in hexadecimal with 0x, or in decimal.");
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, ulong radix, byte end, out ulong value, ulong max)
    {
        int digits = ParseDigits(rest, radix, max, out value);
        if (digits <= 0 || digits == rest.Length || rest[digits] != end)
        {
            return false;
        }

        rest = rest[(digits + 1)..];
        return true;
    }

    /// <summary>Parses the digits at the beginning of a text. Returns how many there are, or -1 if their value is above the maximum.</summary>
    private static int ParseDigits(ReadOnlySpan<byte> text, ulong radix, ulong max, out ulong value)
    {
        value = 0;
        for (int i = 0; i < text.Length; i++)
        {
            uint digit = ToDigit(text[i]);
            if (digit >= radix)
            {
                return i;
            }

            if (value > (max - digit) / radix || digit > max)
            {
                return -1;
            }

            value = (value * radix) + digit;
        }

        return text.Length;
    }

    private static uint ToDigit(byte character) => character switch
    {
        >= (byte)'0' and <= (byte)'9' => character - (uint)'0',
        >= (byte)'a' and <= (byte)'f' => character - (uint)'a' + 10,
        >= (byte)'A' and <= (byte)'F' => character - (uint)'A' + 10,
        _ => uint.MaxValue,
    };
}
