using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>Searches single processes for page frames. Safe to use from several threads.</summary>
/// <param name="procfs">The machine.</param>
/// <param name="sought">The frames.</param>
/// <param name="filter">Conditions on the entries of hits.</param>
/// <param name="budget">The number of hits that may be held.</param>
internal sealed class ProcessSearch(ProcfsContext procfs, SoughtFrames sought, EntryFilter filter, HitBudget budget)
{
    private readonly EntryMatcher _matcher = new(filter);
    private readonly SwapTypes _swapTypes = procfs.SwapTypes;
    private readonly PageWalkOptions _options = new() { Mappings = sought.CanBeIn, Categories = sought.Categories };

    /// <summary>Searches a process until its end, or until no more mappings are wanted.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="counts">Receives the hits; null to count none.</param>
    /// <param name="isDone">Whether no more mappings are wanted.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="ProcfsException">The process cannot be opened, or it exited before a hit was found.</exception>
    public ProcessHits Search(int processId, MappingCounts? counts, Func<bool> isDone, CancellationToken cancellationToken)
    {
        if (isDone())
        {
            return ProcessHits.Skipped(processId);
        }

        List<Hit> hits = [];
        using ProcessAddressSpace process = procfs.OpenProcess(processId);
        using PageWalk walk = new(process, _options);
        bool isHolding = true;
        try
        {
            while (walk.MoveNext(cancellationToken))
            {
                int before = hits.Count;
                Collect(walk.Mapping, walk.Address, walk.Entries, counts, isHolding ? hits : null);
                if (isHolding && !budget.TryReserve(hits.Count - before))
                {
                    budget.Release(before);
                    isHolding = false;
                    hits = [];
                }

                if (isDone())
                {
                    return new ProcessHits(processId, hits, isHolding ? SearchExtent.Part : SearchExtent.WholeWithoutHits);
                }
            }

            return new ProcessHits(processId, hits, isHolding ? SearchExtent.Whole : SearchExtent.WholeWithoutHits);
        }
        catch (ProcfsException failure) when (hits.Count > 0)
        {
            return new ProcessHits(processId, hits, SearchExtent.Whole, failure);
        }
    }

    /// <summary>Searches a process to its end, and returns the hits in batches.</summary>
    /// <exception cref="ProcfsException">The process cannot be opened, or it exited. Earlier batches are valid.</exception>
    public IEnumerable<IReadOnlyList<Hit>> Enumerate(int processId, CancellationToken cancellationToken)
    {
        using ProcessAddressSpace process = procfs.OpenProcess(processId);
        using PageWalk walk = new(process, _options);
        while (walk.MoveNext(cancellationToken))
        {
            List<Hit> hits = [];
            Collect(walk.Mapping, walk.Address, walk.Entries, null, hits);
            if (hits.Count > 0)
            {
                yield return hits;
            }
        }
    }

    /// <summary>Adds the hits among the entries of neighbouring pages.</summary>
    /// <param name="mapping">The mapping of the pages.</param>
    /// <param name="address">The address of the first page.</param>
    /// <param name="entries">The entries.</param>
    /// <param name="counts">Receives all hits; null to count none.</param>
    /// <param name="hits">Receives the hits that pass the filter; null to hold none.</param>
    public void Collect(MemoryMapping mapping, ulong address, ReadOnlySpan<ulong> entries, MappingCounts? counts, List<Hit>? hits)
    {
        FrameSet frames = sought.Frames;
        for (int i = 0; i < entries.Length; i++)
        {
            ulong entry = entries[i];
            int frame = (long)entry < 0 ? frames.IndexOf(entry & PagemapEntry.PfnMask)
                : (entry & PagemapEntry.SwapBit) != 0 ? IndexOfSwapFormat(new PagemapEntry(entry))
                : -1;
            if (frame >= 0)
            {
                counts?.Add(frame);
                if (hits is not null && _matcher.Matches(entry, _swapTypes))
                {
                    hits.Add(new Hit(mapping, address + PageGeometry.ToAddress((ulong)i), entry));
                }
            }
        }
    }

    /// <summary>Gets the position of the page frame to which an entry in swap format refers; -1 if it refers to none of the set.</summary>
    private int IndexOfSwapFormat(PagemapEntry entry) =>
        entry.SwapOffset is { } offset && sought.Frames.IndexOf(offset) is >= 0 and var frame && _swapTypes.IsPfnSwapEntry(entry.GetState(_swapTypes), entry) ? frame : -1;
}
