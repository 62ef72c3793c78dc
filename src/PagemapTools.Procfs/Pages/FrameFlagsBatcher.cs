using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Pages;

/// <summary>Collects pages and counts them by their flags in batches, so that one call reads the flags of neighbouring frames.</summary>
internal sealed class FrameFlagsBatcher(PageIndexedFile kpageflags, UntrackedSections untracked, KPageFlagsHistogram histogram) : IDisposable
{
    private const int FramesPerBatch = 4096;

    private readonly List<(ulong Pfn, PagemapEntry Entry)> _frames = [];
    private readonly PfnBatchReader _runs = new();

    /// <summary>Whether a page had a frame that the kernel does not track. Such a page is not counted.</summary>
    public bool SawUntrackedFrames { get; private set; }

    /// <summary>
    /// Adds a page and the pages after it. A swapped-out page has an entry and no frame, and is counted, as in page-types. A page with
    /// neither, and a page whose frame is hidden, is not counted.
    /// </summary>
    public void Add(in PageValues first, long pages, CancellationToken cancellationToken)
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
                _frames.Add((pfn, entry));
                if (_frames.Count == FramesPerBatch)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    Flush();
                }
            }
        }
    }

    /// <summary>Counts the pages added since the last flush.</summary>
    public void Flush()
    {
        ulong[] words = new ulong[_frames.Count];
        _runs.Coalesce([.. _frames.Select(frame => frame.Pfn)]);
        _runs.Read(kpageflags, words);
        for (int row = 0; row < words.Length; row++)
        {
            (ulong pfn, PagemapEntry entry) = _frames[row];
            if (untracked.IsUntracked(words[row], entry, pfn))
            {
                SawUntrackedFrames = true;
            }
            else if (words[row] != PfnBatchReader.NoValue)
            {
                histogram.Add(words[row], entry);
            }
        }

        _frames.Clear();
    }

    public void Dispose() => _runs.Dispose();
}
