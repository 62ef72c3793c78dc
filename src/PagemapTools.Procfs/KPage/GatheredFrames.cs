namespace PagemapTools.Procfs;

/// <summary>Gathers pages as they come, and counts them by their flags in batches: neighbours are read together, in one call.</summary>
internal sealed class GatheredFrames(PageEntryFile kpageflags, BlindFrames blind, KPageFlagsHistogram histogram) : IDisposable
{
    private const int FramesPerBatch = 4096;

    private readonly List<(ulong Pfn, PagemapEntry Entry)> _gathered = [];
    private readonly PfnRuns _runs = new();

    /// <summary>Whether a page that a process maps had a frame that the kernel says nothing of; it is not counted.</summary>
    public bool MetBlind { get; private set; }

    /// <summary>
    /// Takes a page and those that follow it. What is swapped out has no frame but an entry, as for page-types; what has neither, or
    /// whose frame is hidden, is not counted.
    /// </summary>
    public void Add(PageInfo first, long pages, CancellationToken stop)
    {
        PagemapEntry entry = first.Entry;
        if (entry is { IsSwapFormat: true, IsPresent: false })
        {
            histogram.Add(0, entry, pages);
        }
        else if (first.Pfn is { } pfn)
        {
            for (ulong end = pfn + (ulong)pages; pfn < end; pfn++)
            {
                _gathered.Add((pfn, entry));
                if (_gathered.Count == FramesPerBatch)
                {
                    stop.ThrowIfCancellationRequested();
                    Count();
                }
            }
        }
    }

    /// <summary>Counts what has been gathered since.</summary>
    public void Count()
    {
        ulong[] words = new ulong[_gathered.Count];
        _runs.Build([.. _gathered.Select(frame => frame.Pfn)]);
        _runs.Gather(kpageflags, words);
        for (int row = 0; row < words.Length; row++)
        {
            (ulong pfn, PagemapEntry entry) = _gathered[row];
            if (blind.Explain(words[row], entry, pfn))
            {
                MetBlind = true;
            }
            else if (words[row] != PfnRuns.Unknown)
            {
                histogram.Add(words[row], entry);
            }
        }

        _gathered.Clear();
    }

    public void Dispose() => _runs.Dispose();
}
