using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Text;

namespace PagemapTools.Procfs.Frames;

/// <summary>Formats and parses flags by the names and attributes of the members of <see cref="KPageFlags"/>, in the order of bits.</summary>
public static class KPageFlagsNames
{
    private const string KernelPrefix = "KPF_";

    private static readonly (KPageFlags Flag, string Name, KPageFlagAttribute Attribute)[] s_flags = ReadTable();
    private static readonly string[] s_namesByBit = GetNamesByBit();

    /// <summary>Formats names, separated by commas. A bit without a name is written <c>bit57</c>, no flag "None".</summary>
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

    /// <summary>Formats page-types' symbolic flags: one letter for each flag that has a name, or an underscore if the flag is clear.</summary>
    public static string FormatLetters(KPageFlags flags) =>
        string.Create(s_flags.Length, flags, static (text, flags) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = (flags & s_flags[i].Flag) != 0 ? s_flags[i].Attribute.Letter : '_';
            }
        });

    /// <summary>
    /// Parses a name of the kernel (<c>ANON</c>, <c>KPF_ANON</c>) or of page-types (<c>anonymous</c>, <c>mappedtodisk</c>), or <c>bit57</c>.
    /// Case is ignored. False if there is no such flag.
    /// </summary>
    public static bool TryParse(string name, out KPageFlags flag)
    {
        string text = name.Trim();
        text = text.StartsWith(KernelPrefix, StringComparison.OrdinalIgnoreCase) ? text[KernelPrefix.Length..] : text;
        int bit = Array.FindIndex(s_namesByBit, IsText);
        flag = bit >= 0
            ? (KPageFlags)(1UL << bit)
            : Array.Find(s_flags, row => IsText(row.Attribute.PageTypesName) || IsText(row.Attribute.OtherName)).Flag;
        return flag != KPageFlags.None;

        bool IsText(string? candidate) => string.Equals(candidate, text, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// Finds the lowest bit whose name in page-types' table has this beginning; case is ignored. The table is that of Linux 6.1. In the
    /// table of 6.12 bit 34 is owner_2, so that <c>owner</c> means bit 34, and uncached is missing.
    /// </summary>
    internal static bool TryFindPageTypesName(string beginning, out KPageFlags flag)
    {
        flag = beginning.Length == 0
            ? KPageFlags.None
            : Array.Find(s_flags, row => (row.Attribute.PageTypesName ?? row.Name).StartsWith(beginning, StringComparison.OrdinalIgnoreCase)).Flag;
        return flag != KPageFlags.None;
    }

    private static (KPageFlags Flag, string Name, KPageFlagAttribute Attribute)[] ReadTable() =>
    [
        .. from field in typeof(KPageFlags).GetFields(BindingFlags.Public | BindingFlags.Static)
           let attribute = field.GetCustomAttribute<KPageFlagAttribute>()
           where attribute is not null
           let flag = (KPageFlags)field.GetRawConstantValue()!
           orderby flag
           select (flag, field.Name, attribute),
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
