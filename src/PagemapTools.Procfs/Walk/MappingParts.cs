using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Walk;

/// <summary>What of a process is walked.</summary>
public sealed record PageWalkOptions
{
    /// <summary>Which mappings; null for all.</summary>
    public Func<MemoryMapping, bool>? Mappings { get; init; }

    /// <summary>Which addresses; empty for all.</summary>
    public IReadOnlyList<AddressRange> Addresses { get; init; } = [];

    /// <summary>What a page has to be to be worth reading; more may be delivered. None delivers every page, populated or not.</summary>
    internal PageCategories Categories { get; init; } = PageCategories.Present | PageCategories.Swapped;

    /// <summary>Whether every page of shared mappings is delivered, populated or not.</summary>
    internal bool IncludeUnpopulatedShared { get; init; }

    internal PageCategories GetCategories(MemoryMapping mapping) => IncludeUnpopulatedShared && mapping.IsShared ? PageCategories.None : Categories;
}

/// <summary>A part of a mapping, on page boundaries, and what a page has to be to be worth reading.</summary>
internal readonly record struct MappingPart(MemoryMapping Mapping, ulong Start, ulong End, PageCategories Categories);

/// <summary>Cuts a process into the parts that a walk takes one after the other.</summary>
internal static class MappingParts
{
    /// <summary>The mappings that the options name, clipped to the addresses that they name, in ascending order.</summary>
    public static IEnumerable<MappingPart> Enumerate(ProcessAddressSpace process, PageWalkOptions options)
    {
        IReadOnlyList<AddressRange> ranges = AddressRange.Normalize(options.Addresses);
        foreach (MemoryMapping mapping in process.ReadMappings())
        {
            if (!mapping.HasPagemap || options.Mappings?.Invoke(mapping) == false)
            {
                continue;
            }

            if (ranges.Count == 0)
            {
                yield return new MappingPart(mapping, mapping.Start, mapping.End, options.GetCategories(mapping));
            }

            foreach (AddressRange range in ranges)
            {
                ulong start = Math.Max(range.Start, mapping.Start);
                ulong end = Math.Min(range.End, mapping.End);
                if (start < end)
                {
                    yield return new MappingPart(mapping, start, end, options.GetCategories(mapping));
                }
            }
        }
    }
}
