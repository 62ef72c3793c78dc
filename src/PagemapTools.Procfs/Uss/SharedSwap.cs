namespace PagemapTools.Procfs;

/// <summary>
/// Counts the swapped-out pages of shared memory, which leave nothing in the page table (pagemap.rst, "Exceptions for Shared
/// Memory"), as smaps does. There is nothing to look for on a machine without an active swap area.
/// </summary>
internal sealed class SharedSwap(ProcessMemory process, MemoryFileSystems fileSystems) : IDisposable
{
    private readonly SharedPages? _pages = process.SwapTypes.Areas.Count > 0 ? new SharedPages(process) : null;
    private long _swapped;
    private bool _isUnknown;

    /// <summary>Passes the parts on, and looks at each mapping of shared memory as it goes by.</summary>
    public IEnumerable<WalkPart> Watch(IEnumerable<WalkPart> parts, CancellationToken stop)
    {
        foreach (WalkPart part in parts)
        {
            if (_pages is not null && fileSystems.IsShmem(part.Mapping))
            {
                _swapped += _pages.CountSwapped(part, stop);
                _isUnknown |= _pages.MetUnreadable;
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
}
