using System.Globalization;
using System.Text;

namespace PagemapTools.Procfs;

/// <summary>
/// What the kernel says of each mapping's swap in /proc/PID/smaps. It walks the whole process for that: only for shared memory of
/// which nothing else tells pages in the swap cache from pages in memory.
/// </summary>
internal sealed class SmapsSwap(ProcessMemory process)
{
    private Dictionary<ulong, long>? _bytes;

    /// <summary>Bytes, of the process's own memory and of shared memory; null where smaps cannot be read, or the mapping has gone.</summary>
    public long? Of(MemoryMapping mapping) => (_bytes ??= Read()).TryGetValue(mapping.Start, out long bytes) ? bytes : null;

    private Dictionary<ulong, long> Read()
    {
        Dictionary<ulong, long> bytes = [];
        try
        {
            // A field is a name with a colon, a mapping two addresses with a dash; a path may be of any bytes but a newline.
            ulong start = 0;
            foreach (string line in File.ReadLines(process.PathOf("smaps"), Encoding.Latin1))
            {
                string[] words = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
                if (words[0] == "Swap:")
                {
                    bytes[start] = long.Parse(words[1], CultureInfo.InvariantCulture) * 1024;
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
