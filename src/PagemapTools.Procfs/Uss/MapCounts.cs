namespace PagemapTools.Procfs;

/// <summary>Looks up how often the frames of pagemap entries are mapped.</summary>
internal sealed class MapCounts(PageEntryFile kpagecount) : IDisposable
{
    private readonly PfnRuns _runs = new(PageBatch.Capacity);
    private readonly ulong[] _pfns = new ulong[PageBatch.Capacity];
    private readonly ulong[] _counts = new ulong[PageBatch.Capacity];

    /// <summary>Whether the last batch had a present page whose frame is hidden.</summary>
    public bool MetHidden { get; private set; }

    /// <summary>The counts of a batch's present pages that have none of the bits <paramref name="without"/>, closely packed.</summary>
    public ReadOnlySpan<ulong> Read(ReadOnlySpan<ulong> entries, ulong without)
    {
        int rows = 0;
        MetHidden = false;
        foreach (ulong entry in entries)
        {
            if ((entry & (PagemapEntry.PresentBit | without)) == PagemapEntry.PresentBit)
            {
                ulong frame = entry & PagemapEntry.FrameMask;
                MetHidden |= frame == 0;
                _pfns[rows++] = frame == 0 ? PfnRuns.Unknown : frame;
            }
        }

        _runs.Build(_pfns.AsSpan(0, rows));
        _runs.Gather(kpagecount, _counts.AsSpan(0, rows));
        return _counts.AsSpan(0, rows);
    }

    public void Dispose() => _runs.Dispose();

    /// <summary>Entries in pieces that a batch can take.</summary>
    public ref struct Batches(ReadOnlySpan<ulong> entries)
    {
        private ReadOnlySpan<ulong> _rest = entries;

        public ReadOnlySpan<ulong> Current { get; private set; }

        public readonly Batches GetEnumerator() => this;

        public bool MoveNext()
        {
            Current = _rest[..Math.Min(_rest.Length, PageBatch.Capacity)];
            _rest = _rest[Current.Length..];
            return !Current.IsEmpty;
        }
    }
}
