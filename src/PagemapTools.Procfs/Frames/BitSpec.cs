using System.Globalization;

namespace PagemapTools.Procfs.Frames;

/// <summary>
/// A filter in the grammar of page-types' option --bits: <c>a,b</c> any of them; <c>a,b=a</c> of these exactly those;
/// <c>a,~b</c> a without b; <c>=a,b</c> exactly those and no other. A name may be cut short: it is the first, in the order
/// of bits, that begins so in page-types' own table, so that <c>swap</c> is SWAPCACHE and <c>owner</c> OWNER_PRIVATE. <c>compound</c>
/// is both compound marks. A number is its bits: 0x hexadecimal, 0 octal, else decimal.
/// </summary>
public sealed class BitSpec
{
    private const KPageFlags Compound = KPageFlags.COMPOUND_HEAD | KPageFlags.COMPOUND_TAIL;

    private BitSpec(string text, FlagMask mask)
    {
        Text = text;
        Mask = mask;
    }

    /// <summary>The specification as it was written.</summary>
    public string Text { get; }

    internal FlagMask Mask { get; }

    /// <summary>Parses a specification.</summary>
    /// <exception cref="FormatException">It names no flag, or an unknown one; the message quotes it.</exception>
    public static BitSpec Parse(string specification) => new(specification, ParseMask(specification));

    /// <summary>The specification as it was written.</summary>
    public override string ToString() => Text;

    private static FlagMask ParseMask(string specification)
    {
        string text = specification.Trim();
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals == 0)
        {
            return new FlagMask((KPageFlags)ulong.MaxValue, Names(text[1..], specification).Wanted);
        }

        if (equals > 0)
        {
            return new FlagMask(Names(text[..equals], specification).Wanted, Names(text[(equals + 1)..], specification).Wanted);
        }

        (KPageFlags wanted, KPageFlags unwanted) = Names(text, specification);
        if ((wanted | unwanted) == KPageFlags.None)
        {
            throw new FormatException($"'{specification}' names no flag.");
        }

        return unwanted == KPageFlags.None ? FlagMask.AnyOf(wanted) : new FlagMask(wanted | unwanted, wanted);
    }

    private static (KPageFlags Wanted, KPageFlags Unwanted) Names(string list, string specification)
    {
        KPageFlags wanted = KPageFlags.None;
        KPageFlags unwanted = KPageFlags.None;
        foreach (string part in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part[0] == '~')
            {
                unwanted |= Flag(part[1..], specification);
            }
            else
            {
                wanted |= Flag(part, specification);
            }
        }

        return (wanted, unwanted);
    }

    private static KPageFlags Flag(string name, string specification)
    {
        if (name.Length > 0 && nameof(Compound).StartsWith(name, StringComparison.OrdinalIgnoreCase))
        {
            return Compound;
        }

        if (KPageFlagsNames.TryFindPageTypesName(name, out KPageFlags flag) || KPageFlagsNames.TryParse(name, out flag) || TryParseNumber(name, out flag))
        {
            return flag;
        }

        string where = name == specification ? string.Empty : $" in '{specification}'";
        throw new FormatException($"'{name}'{where} is not the name of a page flag.");
    }

    // As strtoll reads it with base 0, but whole: what strtoll leaves unread, or cuts to 63 bits, page-types does not notice.
    private static bool TryParseNumber(string text, out KPageFlags flags)
    {
        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool isNumber = !isHex && text.StartsWith('0')
            ? TryParseOctal(text, out ulong number)
            : ulong.TryParse(
                isHex ? text.AsSpan(2) : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out number);
        flags = (KPageFlags)number;
        return isNumber;
    }

    private static bool TryParseOctal(string digits, out ulong number)
    {
        number = 0;
        foreach (char digit in digits)
        {
            if (digit is < '0' or > '7' || number >> 61 != 0)
            {
                return false;
            }

            number = (number << 3) | (uint)(digit - '0');
        }

        return true;
    }
}
