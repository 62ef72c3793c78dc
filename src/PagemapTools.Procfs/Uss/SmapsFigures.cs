using System.Globalization;
using System.Text;

namespace PagemapTools.Procfs;

/// <summary>
/// What the kernel says of each mapping in /proc/PID/smaps. It walks the whole process for that: only for what nothing else tells.
/// </summary>
internal sealed class SmapsFigures(ProcessMemory process)
{
    private Dictionary<(ulong Start, string Field), long>? _bytes;

    /// <summary>Bytes in swap, of the process's own memory and of shared memory; null where smaps cannot be read, or the mapping has gone.</summary>
    public long? Swap(MemoryMapping mapping) => Of(mapping, "Swap:");

    /// <summary>Bytes in hugetlb pages that no other process maps; null where smaps cannot be read, or the mapping has gone.</summary>
    public long? PrivateHugetlb(MemoryMapping mapping) => Of(mapping, "Private_Hugetlb:");

    private long? Of(MemoryMapping mapping, string field) => (_bytes ??= Read()).TryGetValue((mapping.Start, field), out long bytes) ? bytes : null;

    private Dictionary<(ulong, string), long> Read()
    {
        Dictionary<(ulong, string), long> bytes = [];
        try
        {
            // A field is a name with a colon, a mapping two addresses with a dash; a path may be of any bytes but a newline.
            ulong start = 0;
            foreach (string line in File.ReadLines(process.PathOf("smaps"), Encoding.Latin1))
            {
                string[] words = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
                if (words[0] is "Swap:" or "Private_Hugetlb:")
                {
                    bytes[(start, words[0])] = long.Parse(words[1], CultureInfo.InvariantCulture) * 1024;
                }
                else if (!words[0].EndsWith(':'))
                {
                    start = ulong.Parse(words[0].AsSpan(0, words[0].IndexOf('-', StringComparison.Ordinal)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                }
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FormatException or ArgumentOutOfRangeException)
        {
            return [];
        }

        return bytes;
    }
}
