using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>Searches single processes for page frames. Safe to use from several threads.</summary>
/// <param name="procfs">The machine.</param>
/// <param name="searched">The frames.</param>
/// <param name="filter">Conditions on the entries of hits.</param>
/// <param name="budget">The number of hits that may be held.</param>
internal sealed class ProcessSearch(ProcfsContext procfs, SearchedFrames searched, EntryFilter filter, HitBudget budget)
{
    private const int FramesPerCount = 1024;

    private readonly EntryMatcher _matcher = new(filter);
    private readonly SwapTypes _swapTypes = procfs.SwapTypes;
    private readonly PageWalkOptions _options = new() { Mappings = searched.CanBeIn, Categories = searched.Categories };

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
        using ProcessAddressSpace process = procfs.OpenTarget(processId, cancellationToken);
        using PageWalk walk = new(process, _options);
        bool isBuffering = true;
        try
        {
            while (walk.MoveNext(cancellationToken))
            {
                int before = hits.Count;
                Collect(walk, counts, isBuffering ? hits : null);
                if (isBuffering && !budget.TryReserve(hits.Count - before))
                {
                    budget.Release(before);
                    isBuffering = false;
                    hits = [];
                }

                if (isDone())
                {
                    return new ProcessHits(processId, hits, isBuffering ? SearchExtent.Part : SearchExtent.WholeWithoutHits);
                }
            }

            return new ProcessHits(processId, hits, isBuffering ? SearchExtent.Whole : SearchExtent.WholeWithoutHits);
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
        using ProcessAddressSpace process = procfs.OpenTarget(processId, cancellationToken);
        using PageWalk walk = new(process, _options);
        while (walk.MoveNext(cancellationToken))
        {
            List<Hit> hits = [];
            Collect(walk, null, hits);
            if (hits.Count > 0)
            {
                yield return hits;
            }
        }
    }

    /// <summary>Adds the hits among the entries of the current run.</summary>
    /// <param name="walk">The walk.</param>
    /// <param name="counts">Receives all hits; null to count none.</param>
    /// <param name="hits">Receives the hits that pass the filter; null to buffer none.</param>
    private void Collect(PageWalk walk, MappingCounts? counts, List<Hit>? hits)
    {
        Span<int> frames = stackalloc int[FramesPerCount];
        int count = 0;
        ReadOnlySpan<ulong> entries = walk.Entries;
        for (int i = 0; i < entries.Length; i++)
        {
            int frame = searched.IndexOf(entries[i]);
            if (frame < 0)
            {
                continue;
            }

            frames[count++] = frame;
            if (count == frames.Length)
            {
                counts?.Add(frames);
                count = 0;
            }

            if (hits is not null && _matcher.Matches(entries[i], _swapTypes))
            {
                hits.Add(new Hit(walk.Mapping, walk.Address + PageGeometry.ToAddress((ulong)i), entries[i]));
            }
        }

        counts?.Add(frames[..count]);
    }
}
