namespace PagemapTools.Procfs;

/// <summary>Virtual addresses from <paramref name="Start"/> up to, not including, <paramref name="End"/>, as in /proc/PID/maps.</summary>
/// <param name="Start">The first address.</param>
/// <param name="End">The address after the last; greater than <paramref name="Start"/>.</param>
public readonly record struct AddressRange(ulong Start, ulong End)
{
    /// <summary>The pages that the range touches.</summary>
    internal AddressRange WholePages()
    {
        ulong mask = PageGeometry.PageSize - 1;
        ulong start = Start & ~mask;
        return new AddressRange(start, End > ulong.MaxValue - mask ? ~mask : (End + mask) & ~mask);
    }

    /// <summary>Sorted, widened to whole pages, and without overlaps.</summary>
    internal static IReadOnlyList<AddressRange> Normalize(IEnumerable<AddressRange> ranges)
    {
        List<AddressRange> merged = [];
        foreach (AddressRange range in ranges.Select(range => range.WholePages()).OrderBy(range => range.Start))
        {
            if (merged.Count > 0 && range.Start <= merged[^1].End)
            {
                merged[^1] = new AddressRange(merged[^1].Start, Math.Max(merged[^1].End, range.End));
            }
            else
            {
                merged.Add(range);
            }
        }

        return merged;
    }
}
