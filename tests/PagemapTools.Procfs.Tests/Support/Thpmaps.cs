using System.Globalization;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Runs the kernel's thpmaps (tools/mm/thpmaps), and writes the rows of the module in its words.</summary>
internal static class Thpmaps
{
    /// <summary>Returns the figures of each mapping that has any, in bytes, by the address of the mapping and by name.</summary>
    public static SortedDictionary<string, long> Read(int processId)
    {
        SortedDictionary<string, long> figures = new(StringComparer.Ordinal);
        string start = string.Empty;
        foreach (string line in Tool.ReadLines("thpmaps", "--pid", processId.ToString(CultureInfo.InvariantCulture)).Skip(1))
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words is [var name, var kibibytes, "kB", ..] && name.EndsWith(':'))
            {
                figures[$"{start} {name[..^1]}"] = long.Parse(kibibytes, CultureInfo.InvariantCulture) * 1024;
            }
            else
            {
                start = words[1].Split('-')[0].TrimStart('0');
            }
        }

        return figures;
    }

    /// <summary>Names a row as thpmaps does. It has no folio size for parts, and leaves out folios of two pages and hugetlb.</summary>
    public static string? GetName(string kind, long folioBytes, bool isAligned, bool isWhole, bool isPmdMapped)
    {
        string memory = kind == "Anonymous" ? "anon" : "file";
        return kind == "Hugetlb" ? null
            : !isWhole ? $"{memory}-thp-pte-partial"
            : folioBytes < 4 * (long)KernelFile.PageSize ? null
            : $"{memory}-thp-{(isPmdMapped ? "pmd" : "pte")}-{(isAligned ? "aligned" : "unaligned")}-{folioBytes / 1024}kB";
    }
}
