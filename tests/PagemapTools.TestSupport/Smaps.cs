using System.Globalization;

namespace PagemapTools.TestSupport;

/// <summary>The figures of /proc/PID/smaps and smaps_rollup in bytes (the kernel rounds Pss down to 1024).</summary>
internal sealed record Smaps(ulong Start, ulong End, string Name, IReadOnlyDictionary<string, long> Bytes)
{
    public long this[string field] => Bytes.GetValueOrDefault(field);

    public long Uss => this["Private_Clean"] + this["Private_Dirty"] + this["Private_Hugetlb"];

    public long Shared => this["Shared_Clean"] + this["Shared_Dirty"];

    public long Hugetlb => this["Private_Hugetlb"] + this["Shared_Hugetlb"];

    public static Smaps ReadRollup(int processId) => Parse(FormattableString.Invariant($"/proc/{processId}/smaps_rollup")).Single();

    public static Smaps[] ReadMappings(int processId) => ReadFile(FormattableString.Invariant($"/proc/{processId}/smaps"));

    public static Smaps[] ReadFile(string path) => [.. Parse(path)];

    private static IEnumerable<Smaps> Parse(string path)
    {
        (ulong Start, ulong End, string Name) head = (0, 0, string.Empty);
        Dictionary<string, long>? fields = null;

        // Latin-1, because a file name may have any bytes.
        foreach (string line in File.ReadLines(path, System.Text.Encoding.Latin1))
        {
            string[] words = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            if (!words[0].EndsWith(':'))
            {
                if (fields is not null)
                {
                    yield return new Smaps(head.Start, head.End, head.Name, fields);
                }

                string[] ends = words[0].Split('-');
                head = (ulong.Parse(ends[0], NumberStyles.AllowHexSpecifier), ulong.Parse(ends[1], NumberStyles.AllowHexSpecifier), words.Length > 5 ? words[5] : string.Empty);
                fields = new Dictionary<string, long>(StringComparer.Ordinal);
            }
            else if (words is [_, _, "kB"])
            {
                fields![words[0][..^1]] = long.Parse(words[1]) * 1024;
            }
        }

        if (fields is not null)
        {
            yield return new Smaps(head.Start, head.End, head.Name, fields);
        }
    }
}
