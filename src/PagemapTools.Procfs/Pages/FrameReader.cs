namespace PagemapTools.Procfs;

/// <summary>Which frames are wanted, and what of each.</summary>
public sealed record FrameQuery
{
    /// <summary>Conditions on the frame.</summary>
    public FrameFilter Frames { get; init; } = new();

    /// <summary>What is read of each frame.</summary>
    public KPageFields Include { get; init; }

    /// <summary>Whether flags are shown raw.</summary>
    public bool RawFlags { get; init; }

    internal KPageFields Fields => Include | Frames.Needs;
}

/// <summary>A run of page frames.</summary>
/// <param name="First">The first frame's number.</param>
/// <param name="Count">How many.</param>
public readonly record struct FrameRange(ulong First, ulong Count)
{
    /// <summary>Every frame of the machine; the files end where memory does.</summary>
    public static FrameRange All { get; } = new(0, ulong.MaxValue);
}

/// <summary>Reads frames by their numbers: ranges in order, or numbers as they come.</summary>
public sealed class FrameReader : IDisposable
{
    private readonly KPageFiles _files;
    private readonly FrameQuery _query;
    private readonly FrameJoin _join;

    /// <summary>Creates a reader over open files.</summary>
    public FrameReader(KPageFiles files, FrameQuery query)
    {
        _files = files;
        _query = query;
        _join = new FrameJoin(files, query.Fields);
    }

    internal PageBatch Batch { get; } = new();

    /// <summary>Reads the next frames of a range that pass; false at its end, or the end of memory.</summary>
    /// <param name="range">The range; on return, what is left of it.</param>
    /// <param name="stop">Asks to stop.</param>
    public bool MoveNext(ref FrameRange range, CancellationToken stop)
    {
        Batch.Clear();
        while (Batch.Count == 0 && range.Count > 0)
        {
            stop.ThrowIfCancellationRequested();
            int wanted = (int)Math.Min(PageBatch.Capacity, range.Count);
            int read = ReadInOrder(range.First, wanted);

            // A read that ends early may be the end, or an error that the next one tells.
            range = read == 0 ? new FrameRange(0, 0) : new FrameRange(range.First + (ulong)read, range.Count - (ulong)read);
            Filter();
        }

        return Batch.Count > 0;
    }

    /// <summary>Reads the frames of the batch, which the caller has filled, and keeps those that pass; returns how many do.</summary>
    internal int ReadBatch()
    {
        _join.Read(Batch);
        Filter();
        return Batch.Count;
    }

    /// <summary>The object of a row.</summary>
    internal PageInfo Create(PageBatch batch, int row)
    {
        PageInfo page = new(batch.Pfn(row)) { ShowsRawFlags = _query.RawFlags };
        _join.Describe(batch, row, page);
        return page;
    }

    /// <summary>The object of a row that came down the pipeline, with what was read added to it.</summary>
    internal PageInfo Describe(PageBatch batch, int row)
    {
        PageInfo page = batch.Page(row);
        if ((_query.Include & KPageFields.Flags) != 0)
        {
            page.ShowsRawFlags = _query.RawFlags;
        }

        _join.Describe(batch, row, page);
        return page;
    }

    /// <summary>Gives the buffers back. The files stay open.</summary>
    public void Dispose()
    {
        _join.Dispose();
        Batch.Dispose();
    }

    private int ReadInOrder(ulong first, int wanted)
    {
        int rows = 0;
        for (; rows < wanted; rows++)
        {
            Batch.Add(first + (ulong)rows);
        }

        int read = 0;
        foreach (KPageFields field in KPageFiles.EachField)
        {
            if ((_query.Fields & field) != 0)
            {
                Span<ulong> words = Batch.Words(field).Span;
                int count = _files.Of(field).Read(first, words);
                words[count..].Fill(PfnRuns.Unknown);
                read = Math.Max(read, count);
            }
        }

        Batch.Truncate(read);
        return read;
    }

    private void Filter()
    {
        if (_query.Frames.Needs != KPageFields.None)
        {
            Batch.Keep(_query.Frames, _query.Fields);
        }
    }
}
