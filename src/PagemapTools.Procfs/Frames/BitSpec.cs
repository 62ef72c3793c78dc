using System.Globalization;
using System.Text;

namespace PagemapTools.Procfs.Frames;

/// <summary>
/// A filter in the grammar of page-types' option --bits (tools/mm/page-types.c, parse_bits_mask). <c>a,b</c>: at least one of the two is
/// set. <c>a,b=a</c>: a is set and b is not; other flags do not count. <c>a,~b</c>: the same. <c>=a,b</c>: both are set and no other.
/// A name may be abbreviated. It then means the lowest bit whose name in page-types' table has that beginning: <c>swap</c> is SWAPCACHE,
/// <c>owner</c> is OWNER_PRIVATE. <c>compound</c> is COMPOUND_HEAD and COMPOUND_TAIL. A number is a mask: hexadecimal with 0x, octal with
/// 0, else decimal.
/// </summary>
public sealed class BitSpec
{
    private BitSpec(string text, FlagMask mask)
    {
        Text = text;
        Mask = mask;
    }

    /// <summary>The specification as it was written.</summary>
    public string Text { get; }

    internal FlagMask Mask { get; }

    /// <summary>Parses a specification.</summary>
    /// <exception cref="FormatException">The specification names no flag, or an unknown one. The message quotes it.</exception>
    public static BitSpec Parse(string specification) => new(specification, ParseMask(specification));

    /// <summary>The specification as it was written.</summary>
    public override string ToString() => Text;

    private static FlagMask ParseMask(string specification)
    {
        string text = specification.Trim();
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals == 0)
        {
            return new FlagMask((KPageFlags)ulong.MaxValue, ParseNames(text[1..], specification).Set);
        }

        if (equals > 0)
        {
            return new FlagMask(ParseNames(text[..equals], specification).Set, ParseNames(text[(equals + 1)..], specification).Set);
        }

        (KPageFlags set, KPageFlags clear) = ParseNames(text, specification);
        if ((set | clear) == KPageFlags.None)
        {
            throw new FormatException($"{VisibleText.Quote(specification)} names no flag.");
        }

        return clear == KPageFlags.None ? FlagMask.AnyOf(set) : new FlagMask(set | clear, set);
    }

    private static (KPageFlags Set, KPageFlags Clear) ParseNames(string list, string specification)
    {
        KPageFlags set = KPageFlags.None;
        KPageFlags clear = KPageFlags.None;
        foreach (string part in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part[0] == '~')
            {
                clear |= ParseFlag(part[1..], specification);
            }
            else
            {
                set |= ParseFlag(part, specification);
            }
        }

        return (set, clear);
    }

    private static KPageFlags ParseFlag(string name, string specification)
    {
        if (name.Length > 0 && nameof(KPageFlagsDecoder.Compound).StartsWith(name, StringComparison.OrdinalIgnoreCase))
        {
            return KPageFlagsDecoder.Compound;
        }

        if (KPageFlagsNames.TryFindPageTypesName(name, out KPageFlags flag) || KPageFlagsNames.TryParse(name, out flag) || TryParseNumber(name, out flag))
        {
            return flag;
        }

        throw new FormatException($"{VisibleText.Quote(name, specification)} is not the name of a page flag.");
    }

    // The same as strtoll with base 0, which page-types calls, for whole numbers of up to 64 bits. page-types ignores characters after
    // the number, and cuts it to 63 bits.
    private static bool TryParseNumber(string text, out KPageFlags flags)
    {
        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool isNumber = !isHex && text.StartsWith('0')
            ? ProcNumber.TryParseOctal(Encoding.UTF8.GetBytes(text), out ulong number)
            : ProcNumber.TryParseTyped(isHex ? text.AsSpan(2) : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, out number);
        flags = (KPageFlags)number;
        return isNumber;
    }
}
