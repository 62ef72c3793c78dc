using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.WorkingSet;

/// <summary>Marks pages by their entries, and counts those that were used since. Each thread has its own.</summary>
internal interface IPageMarks : IDisposable
{
    /// <summary>Marks the present pages.</summary>
    void Mark(ReadOnlySpan<ulong> entries);

    /// <summary>Counts the present pages that were used since they were marked.</summary>
    long Count(ReadOnlySpan<ulong> entries);
}

/// <summary>The soft-dirty bits, which clear_refs has cleared.</summary>
internal sealed class SoftDirtyPages : IPageMarks
{
    private const ulong Written = PagemapEntry.PresentBit | PagemapEntry.SoftDirtyBit;

    /// <inheritdoc/>
    public void Mark(ReadOnlySpan<ulong> entries)
    {
    }

    /// <inheritdoc/>
    public long Count(ReadOnlySpan<ulong> entries)
    {
        long count = 0;
        foreach (ulong entry in entries)
        {
            count += (entry & Written) == Written ? 1 : 0;
        }

        return count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

/// <summary>Walks the pages that Rss has: all but those of hugetlb, and of the vvar.</summary>
internal static class MarkedPages
{
    /// <summary>Marks the pages of a process.</summary>
    public static void Mark(ProcessAddressSpace process, BackingStoreCache stores, IPageMarks marks, CancellationToken cancellationToken)
    {
        using PageWalk walk = Open(process, stores);
        while (walk.MoveNext(cancellationToken))
        {
            marks.Mark(walk.Entries);
        }
    }

    /// <summary>Counts the pages that were used, by the first address of their mapping.</summary>
    public static Dictionary<ulong, long> Count(ProcessAddressSpace process, BackingStoreCache stores, IPageMarks marks, CancellationToken cancellationToken)
    {
        Dictionary<ulong, long> counts = [];
        using PageWalk walk = Open(process, stores);
        while (walk.MoveNext(cancellationToken))
        {
            long pages = marks.Count(walk.Entries);
            counts[walk.Mapping.Start] = counts.GetValueOrDefault(walk.Mapping.Start) + pages;
        }

        return counts;
    }

    private static PageWalk Open(ProcessAddressSpace process, BackingStoreCache stores)
    {
        BackingStoreResolver resolver = new(process, stores);
        return new PageWalk(process, new PageWalkOptions
        {
            Mappings = mapping => mapping.Kind != MappingKind.Vvar && !(mapping.IsFileBacked && resolver.IsHugetlb(mapping)),
            Categories = PageCategories.Present,
        });
    }
}
