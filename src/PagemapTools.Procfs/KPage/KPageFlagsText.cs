using System.Globalization;
using System.Numerics;
using System.Text;

namespace PagemapTools.Procfs;

/// <summary>Flags as text: names in the order of their bits, a bit without a name as its number.</summary>
public static class KPageFlagsText
{
    private static readonly string?[] s_names = NamesByBit();

    /// <summary>The names, separated by commas; a bit without a name as <c>bit57</c>; "None" for no flag.</summary>
    public static string Format(KPageFlags flags)
    {
        if (flags == KPageFlags.None)
        {
            return nameof(KPageFlags.None);
        }

        StringBuilder text = new();
        for (ulong rest = (ulong)flags; rest != 0; rest &= rest - 1)
        {
            int bit = BitOperations.TrailingZeroCount(rest);
            text.Append(text.Length > 0 ? "," : string.Empty).Append(NameOf(bit));
        }

        return text.ToString();
    }

    /// <summary>The name of a bit; <c>bit57</c> if it has none.</summary>
    public static string NameOf(int bit) => s_names[bit] ?? string.Create(CultureInfo.InvariantCulture, $"bit{bit}");

    /// <summary>
    /// The flag of a name, in the kernel's, page-types' or this module's spelling, case ignored: <c>ANON</c>, <c>anonymous</c>,
    /// <c>KPF_ANON</c>, <c>mappedtodisk</c>, <c>idle_page</c>, <c>bit57</c>.
    /// </summary>
    public static bool TryParse(string name, out KPageFlags flag)
    {
        ReadOnlySpan<char> text = name.AsSpan().Trim();
        if (text.StartsWith("KPF_", StringComparison.OrdinalIgnoreCase))
        {
            text = text[4..];
        }

        string canonical = text.ToString().ToUpperInvariant() switch
        {
            "ANONYMOUS" => nameof(KPageFlags.ANON),
            "IDLE_PAGE" => nameof(KPageFlags.IDLE),
            "MAPPEDTODISK" => nameof(KPageFlags.OWNER_2),
            "BALLOON" => nameof(KPageFlags.OFFLINE),
            string other => other,
        };
        for (int bit = 0; bit < s_names.Length; bit++)
        {
            if (string.Equals(NameOf(bit), canonical, StringComparison.OrdinalIgnoreCase))
            {
                flag = (KPageFlags)(1UL << bit);
                return true;
            }
        }

        flag = KPageFlags.None;
        return false;
    }

    private static string?[] NamesByBit()
    {
        string?[] names = new string?[64];
        foreach (KPageFlags flag in Enum.GetValues<KPageFlags>())
        {
            if (flag != KPageFlags.None)
            {
                names[BitOperations.TrailingZeroCount((ulong)flag)] = flag.ToString();
            }
        }

        return names;
    }
}
