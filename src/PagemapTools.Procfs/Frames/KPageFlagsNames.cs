using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Text;

namespace PagemapTools.Procfs.Frames;

/// <summary>The names and letters of flags, as the attributes on <see cref="KPageFlags"/> give them, in the order of bits.</summary>
public static class KPageFlagsNames
{
    private const string KernelPrefix = "KPF_";

    private static readonly (KPageFlags Flag, string Name, KPageFlagAttribute Other)[] s_flags = ReadTable();
    private static readonly string[] s_namesByBit = GetNamesByBit();

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
            text.Append(text.Length > 0 ? "," : string.Empty).Append(s_namesByBit[BitOperations.TrailingZeroCount(rest)]);
        }

        return text.ToString();
    }

    /// <summary>The flags as page-types' row of letters, an underscore where a flag is not set; unknown bits have no place.</summary>
    public static string FormatLetters(KPageFlags flags) =>
        string.Create(s_flags.Length, flags, static (text, flags) =>
        {
            for (int place = 0; place < text.Length; place++)
            {
                text[place] = (flags & s_flags[place].Flag) != 0 ? s_flags[place].Other.Letter : '_';
            }
        });

    /// <summary>The name of a bit; <c>bit57</c> if it has none.</summary>
    public static string GetName(int bit) => s_namesByBit[bit];

    /// <summary>
    /// Parses a name in the kernel's, page-types' or this module's spelling, case ignored: <c>ANON</c>, <c>anonymous</c>,
    /// <c>KPF_ANON</c>, <c>mappedtodisk</c>, <c>idle_page</c>, <c>bit57</c>.
    /// </summary>
    public static bool TryParse(string name, out KPageFlags flag)
    {
        string text = name.Trim();
        text = text.StartsWith(KernelPrefix, StringComparison.OrdinalIgnoreCase) ? text[KernelPrefix.Length..] : text;
        int bit = Array.FindIndex(s_namesByBit, IsText);
        flag = bit >= 0
            ? (KPageFlags)(1UL << bit)
            : Array.Find(s_flags, row => IsText(row.Other.PageTypesName) || IsText(row.Other.OtherName)).Flag;
        return flag != KPageFlags.None;

        bool IsText(string? candidate) => string.Equals(candidate, text, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// Finds the flag of the lowest bit whose name in page-types' table begins so, case ignored. The table is that of Linux 6.1; that of
    /// 6.12 calls bit 34 owner_2, takes <c>owner</c> for it, and has no uncached.
    /// </summary>
    internal static bool TryFindPageTypesName(string beginning, out KPageFlags flag)
    {
        flag = beginning.Length == 0
            ? KPageFlags.None
            : Array.Find(s_flags, row => (row.Other.PageTypesName ?? row.Name).StartsWith(beginning, StringComparison.OrdinalIgnoreCase)).Flag;
        return flag != KPageFlags.None;
    }

    private static (KPageFlags Flag, string Name, KPageFlagAttribute Other)[] ReadTable() =>
    [
        .. from field in typeof(KPageFlags).GetFields(BindingFlags.Public | BindingFlags.Static)
           let other = field.GetCustomAttribute<KPageFlagAttribute>()
           where other is not null
           let flag = (KPageFlags)field.GetRawConstantValue()!
           orderby flag
           select (flag, field.Name, other),
    ];

    private static string[] GetNamesByBit()
    {
        string[] names = [.. Enumerable.Range(0, 64).Select(bit => string.Create(CultureInfo.InvariantCulture, $"bit{bit}"))];
        foreach ((KPageFlags flag, string name, _) in s_flags)
        {
            names[BitOperations.TrailingZeroCount((ulong)flag)] = name;
        }

        return names;
    }
}
