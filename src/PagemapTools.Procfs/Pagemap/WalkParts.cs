namespace PagemapTools.Procfs;

/// <summary>What of a process is walked.</summary>
public sealed record PageWalkOptions
{
    /// <summary>Which mappings; null for all.</summary>
    public Func<MemoryMapping, bool>? Mappings { get; init; }

    /// <summary>Which addresses; empty for all.</summary>
    public IReadOnlyList<AddressRange> Addresses { get; init; } = [];

    /// <summary>What a page has to be to be worth reading; more may be delivered. None delivers every page, populated or not.</summary>
    internal PageCategories Wanted { get; init; } = PageCategories.Present | PageCategories.Swapped;

    /// <summary>Whether every page of shared mappings is delivered, populated or not.</summary>
    internal bool WantsWholeShared { get; init; }

    internal PageCategories WantedOf(MemoryMapping mapping) => WantsWholeShared && mapping.IsShared ? PageCategories.None : Wanted;
}

/// <summary>A part of a mapping, on page boundaries, and what a page has to be to be worth reading.</summary>
internal readonly record struct WalkPart(MemoryMapping Mapping, ulong Start, ulong End, PageCategories Wanted);

/// <summary>Cuts a process into the parts that a walk takes one after the other.</summary>
internal static class WalkParts
{
    /// <summary>The mappings that the options name, clipped to the addresses that they name, in ascending order.</summary>
    public static IEnumerable<WalkPart> Of(ProcessMemory process, PageWalkOptions options)
    {
        IReadOnlyList<AddressRange> ranges = AddressRange.Normalize(options.Addresses);
        foreach (MemoryMapping mapping in process.Mappings())
        {
            if (!mapping.HasPagemap || options.Mappings?.Invoke(mapping) == false)
            {
                continue;
            }

            if (ranges.Count == 0)
            {
                yield return new WalkPart(mapping, mapping.Start, mapping.End, options.WantedOf(mapping));
            }

            foreach (AddressRange range in ranges)
            {
                ulong start = Math.Max(range.Start, mapping.Start);
                ulong end = Math.Min(range.End, mapping.End);
                if (start < end)
                {
                    yield return new WalkPart(mapping, start, end, options.WantedOf(mapping));
                }
            }
        }
    }
}
