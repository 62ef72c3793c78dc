using System.Globalization;

namespace PagemapTools.Procfs;

/// <summary>
/// A filter in the grammar of page-types' option --bits: <c>a,b</c> any of them; <c>a,b=a</c> of these exactly those;
/// <c>a,~b</c> a without b; <c>=a,b</c> exactly those and no other. A name may be cut short, <c>compound</c> is both compound
/// marks, and a number is itself.
/// </summary>
public sealed class BitSpec
{
    private const KPageFlags Compound = KPageFlags.COMPOUND_HEAD | KPageFlags.COMPOUND_TAIL;

    private BitSpec(string text, FlagTerm term)
    {
        Text = text;
        Term = term;
    }

    /// <summary>The specification as it was written.</summary>
    public string Text { get; }

    internal FlagTerm Term { get; }

    /// <summary>Parses a specification.</summary>
    /// <exception cref="FormatException">It names no flag, or an unknown one; the message quotes it.</exception>
    public static BitSpec Parse(string specification) => new(specification, ParseTerm(specification));

    /// <summary>The specification as it was written.</summary>
    public override string ToString() => Text;

    private static FlagTerm ParseTerm(string specification)
    {
        string text = specification.Trim();
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals == 0)
        {
            return new FlagTerm((KPageFlags)ulong.MaxValue, Names(text[1..], specification).Wanted);
        }

        if (equals > 0)
        {
            return new FlagTerm(Names(text[..equals], specification).Wanted, Names(text[(equals + 1)..], specification).Wanted);
        }

        (KPageFlags wanted, KPageFlags unwanted) = Names(text, specification);
        if ((wanted | unwanted) == KPageFlags.None)
        {
            throw new FormatException($"'{specification}' names no flag.");
        }

        return unwanted == KPageFlags.None ? FlagTerm.AnyOf(wanted) : new FlagTerm(wanted | unwanted, wanted);
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

        if (KPageFlagsText.TryParse(name, out KPageFlags flag) || TryParsePrefix(name, out flag) || TryParseNumber(name, out flag))
        {
            return flag;
        }

        string where = name == specification ? string.Empty : $" in '{specification}'";
        throw new FormatException($"'{name}'{where} is not the name of a page flag.");
    }

    // The lowest bit whose name begins so, as page-types takes it.
    private static bool TryParsePrefix(string name, out KPageFlags flag)
    {
        for (int bit = 0; bit < 64 && name.Length > 0; bit++)
        {
            if (Enum.GetName((KPageFlags)(1UL << bit))?.StartsWith(name, StringComparison.OrdinalIgnoreCase) == true)
            {
                flag = (KPageFlags)(1UL << bit);
                return true;
            }
        }

        flag = KPageFlags.None;
        return "anonymous".StartsWith(name, StringComparison.OrdinalIgnoreCase) && name.Length > 0
            && KPageFlagsText.TryParse("anonymous", out flag);
    }

    private static bool TryParseNumber(string text, out KPageFlags flags)
    {
        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool isNumber = ulong.TryParse(
            isHex ? text.AsSpan(2) : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out ulong number);
        flags = (KPageFlags)number;
        return isNumber;
    }
}
