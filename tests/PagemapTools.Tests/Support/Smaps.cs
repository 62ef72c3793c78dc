using System.Globalization;
using System.Text.RegularExpressions;

namespace PagemapTools.Tests.Support;

/// <summary>The kernel's own account of a process, or of one of its mappings, in bytes.</summary>
internal sealed partial class Smaps(ulong start, IReadOnlyDictionary<string, long> sizes)
{
    public ulong Start => start;

    /// <summary>Memory that no other process maps.</summary>
    public long Private => this["Private_Clean"] + this["Private_Dirty"] + this["Private_Hugetlb"];

    public long this[string field] => sizes[field];

    /// <summary>The whole process, from smaps_rollup.</summary>
    public static Smaps OfProcess(int processId) => Parse($"/proc/{processId}/smaps_rollup").Single();

    /// <summary>Each mapping, from smaps.</summary>
    public static IReadOnlyList<Smaps> OfMappings(int processId) => [.. Parse($"/proc/{processId}/smaps")];

    private static IEnumerable<Smaps> Parse(string path)
    {
        ulong? start = null;
        Dictionary<string, long> sizes = [];
        foreach (string line in File.ReadLines(path))
        {
            if (Header().Match(line) is { Success: true } header)
            {
                if (start is { } previous)
                {
                    yield return new Smaps(previous, sizes);
                }

                start = Convert.ToUInt64(header.Groups["start"].Value, 16);
                sizes = [];
            }
            else if (Size().Match(line) is { Success: true } size)
            {
                sizes[size.Groups["field"].Value] = long.Parse(size.Groups["size"].Value, CultureInfo.InvariantCulture) * 1024;
            }
        }

        if (start is { } last)
        {
            yield return new Smaps(last, sizes);
        }
    }

    [GeneratedRegex("^(?<start>[0-9a-f]+)-[0-9a-f]+ ", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Header();

    [GeneratedRegex("^(?<field>\\w+): +(?<size>\\d+) kB$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Size();
}
