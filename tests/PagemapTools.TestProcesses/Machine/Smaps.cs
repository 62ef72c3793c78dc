using System.Globalization;

namespace PagemapTools.TestProcesses.Machine;

internal static class Smaps
{
    /// <summary>Sums a field of this process's smaps, in bytes, over the mappings that begin inside the region.</summary>
    public static long SumBytes(MappedRegion region, string field)
    {
        long sum = 0;
        bool inside = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            int dash = line.IndexOf('-', StringComparison.Ordinal);
            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            if (dash > 0 && dash < blank)
            {
                ulong start = ulong.Parse(line.AsSpan(0, dash), NumberStyles.AllowHexSpecifier);
                inside = start >= region.Address && start < region.Address + (ulong)region.Length;
            }
            else if (inside && line.AsSpan(0, colon).SequenceEqual(field))
            {
                sum += 1024 * long.Parse(line.AsSpan(colon + 1).TrimEnd("kB"));
            }
        }

        return sum;
    }
}
