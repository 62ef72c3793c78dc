namespace PagemapTools.Procfs;

/// <summary>
/// Counts the swapped-out pages of shared memory, which leave nothing in the page table (pagemap.rst, "Exceptions for Shared
/// Memory"), as smaps does, and by smaps itself where mincore cannot tell (before cachestat, Linux 6.5, and on overlays). There is
/// nothing to look for on a machine without an active swap area.
/// </summary>
internal sealed class SharedSwap(ProcessMemory process, MemoryFileSystems fileSystems) : IDisposable
{
    private readonly SharedPages? _pages = process.SwapTypes.Areas.Count > 0 ? new SharedPages(process) : null;
    private readonly SmapsSwap _smaps = new(process);
    private long _swapped;
    private bool _isUnknown;

    /// <summary>Passes the parts on, and looks at each mapping of shared memory as it goes by.</summary>
    public IEnumerable<WalkPart> Watch(IEnumerable<WalkPart> parts, CancellationToken stop)
    {
        foreach (WalkPart part in parts)
        {
            if (_pages is not null && fileSystems.IsShmem(part.Mapping))
            {
                long? swapped = _pages.CountSwapped(part, out bool isDoubtful, stop);
                swapped = isDoubtful ? CountBySmaps(part.Mapping, stop) : swapped;
                _swapped += swapped ?? 0;
                _isUnknown |= swapped is null || _pages.MetUnreadable;
            }

            yield return part;
        }
    }

    public void AddTo(ref UssTally tally)
    {
        tally.Swapped += _swapped;
        tally.IsSwapUnknown |= _isUnknown;
    }

    public void Dispose() => _pages?.Dispose();

    // smaps counts the process's own swapped pages with those of the file; the walk counts them, too.
    private long? CountBySmaps(MemoryMapping mapping, CancellationToken stop) =>
        (_smaps.Of(mapping) >> PageGeometry.PageShift) - (mapping.IsShared ? 0 : CountOwn(mapping, stop));

    private long? CountOwn(MemoryMapping mapping, CancellationToken stop)
    {
        long own = 0;
        using PageWalk walk = new(process, [new WalkPart(mapping, mapping.Start, mapping.End, PageCategories.Swapped)]);
        while (walk.MoveNext(stop))
        {
            foreach (ulong entry in walk.Entries)
            {
                PageState state = new PagemapEntry(entry).State(process.SwapTypes);
                if (state == PageState.Hidden)
                {
                    return null;
                }

                own += state == PageState.Swapped ? 1 : 0;
            }
        }

        return own;
    }
}
