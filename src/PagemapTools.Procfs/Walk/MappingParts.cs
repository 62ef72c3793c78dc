using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Walk;

/// <summary>Selects the pages of a process that are walked.</summary>
public sealed record PageWalkOptions
{
    /// <summary>Selects the mappings; null for all.</summary>
    public Func<MemoryMapping, bool>? Mappings { get; init; }

    /// <summary>The addresses; empty for all.</summary>
    public IReadOnlyList<AddressRange> Addresses { get; init; } = [];

    /// <summary>Pages of at least one of these categories are delivered; other pages may be, too. None delivers every page, populated or not.</summary>
    internal PageCategories Categories { get; init; } = PageCategories.Present | PageCategories.Swapped;

    /// <summary>Whether every page of shared mappings is delivered, populated or not.</summary>
    /// <remarks>The entry of a swapped-out page of shared memory reads 0, as if the page were not populated.</remarks>
    internal bool IncludeUnpopulatedShared { get; init; }

    /// <summary>Gets the categories to deliver of a mapping.</summary>
    internal PageCategories GetCategories(MemoryMapping mapping) => IncludeUnpopulatedShared && mapping.IsShared ? PageCategories.None : Categories;
}

/// <summary>A part of a mapping, on page boundaries, and the categories of pages to deliver.</summary>
internal readonly record struct MappingPart(MemoryMapping Mapping, ulong Start, ulong End, PageCategories Categories);

/// <summary>Finds the parts of mappings that a walk reads.</summary>
internal static class MappingParts
{
    /// <summary>Enumerates the selected mappings, clipped to the selected addresses, in ascending order.</summary>
    public static IEnumerable<MappingPart> Enumerate(ProcessAddressSpace process, PageWalkOptions options)
    {
        IReadOnlyList<AddressRange> ranges = AddressRange.Normalize(options.Addresses);
        foreach (MemoryMapping mapping in process.ReadMappings())
        {
            if (!mapping.HasPagemap || options.Mappings?.Invoke(mapping) == false)
            {
                continue;
            }

            foreach (AddressRange part in Clip(mapping, ranges))
            {
                yield return new MappingPart(mapping, part.Start, part.End, options.GetCategories(mapping));
            }
        }
    }

    /// <summary>Enumerates the parts of a mapping within ranges (<see cref="AddressRange.Normalize"/>); the whole mapping if there are none.</summary>
    public static IEnumerable<AddressRange> Clip(MemoryMapping mapping, IReadOnlyList<AddressRange> ranges)
    {
        if (ranges.Count == 0)
        {
            yield return new AddressRange(mapping.Start, mapping.End);
        }

        foreach (AddressRange range in ranges)
        {
            ulong start = Math.Max(range.Start, mapping.Start);
            ulong end = Math.Min(range.End, mapping.End);
            if (start < end)
            {
                yield return new AddressRange(start, end);
            }
        }
    }
}
