namespace PagemapTools.Procfs;

/// <summary>Looks up how often the frames of pagemap entries are mapped.</summary>
internal sealed class MapCounts(PageEntryFile kpagecount) : IDisposable
{
    private readonly PfnRuns _runs = new();
    private readonly RentedArray<ulong> _pfns = new();
    private readonly RentedArray<ulong> _counts = new();

    /// <summary>Whether the last entries had a present page whose frame is hidden.</summary>
    public bool MetHidden { get; private set; }

    /// <summary>The counts of those present pages that have none of the bits <paramref name="without"/>, closely packed.</summary>
    public ReadOnlySpan<ulong> Read(ReadOnlySpan<ulong> entries, ulong without)
    {
        ulong[] pfns = _pfns.AtLeast(entries.Length);
        int rows = 0;
        MetHidden = false;
        foreach (ulong entry in entries)
        {
            if ((entry & (PagemapEntry.PresentBit | without)) == PagemapEntry.PresentBit)
            {
                ulong frame = entry & PagemapEntry.FrameMask;
                MetHidden |= frame == 0;
                pfns[rows++] = frame == 0 ? PfnRuns.Unknown : frame;
            }
        }

        Memory<ulong> counts = _counts.AtLeast(rows).AsMemory(0, rows);
        _runs.Build(pfns.AsSpan(0, rows));
        _runs.Gather(kpagecount, counts);
        return counts.Span;
    }

    public void Dispose()
    {
        _runs.Dispose();
        _pfns.Dispose();
        _counts.Dispose();
    }
}
