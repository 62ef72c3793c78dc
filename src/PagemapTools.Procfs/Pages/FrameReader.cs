using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Pages;

/// <summary>Reads frames by their numbers: ranges in order, or numbers as they come.</summary>
internal sealed class FrameReader : IDisposable
{
    private readonly KPageFiles _files;
    private readonly FrameQuery _query;
    private readonly FramePropertyReader _properties;

    /// <summary>Creates a reader over open files.</summary>
    public FrameReader(KPageFiles files, FrameQuery query, Func<CgroupPaths>? getCgroups = null)
    {
        _files = files;
        _query = query;
        _properties = new FramePropertyReader(files, query.RequiredProperties, getCgroups);
    }

    public PageBatch Batch { get; } = new();

    /// <summary>Reads the next frames of a range that pass; false at its end, or the end of memory.</summary>
    /// <param name="range">The range; on return, what is left of it.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public bool MoveNext(ref FrameRange range, CancellationToken cancellationToken)
    {
        Batch.Clear();
        while (Batch.Count == 0 && range.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int wanted = (int)Math.Min(PageBatch.Capacity, range.Count);
            int read = ReadInOrder(range.First, wanted);

            // A short read may be the end, or an error that the next read reports.
            range = read == 0 ? new FrameRange(0, 0) : new FrameRange(range.First + (ulong)read, range.Count - (ulong)read);
            Filter();
        }

        return Batch.Count > 0;
    }

    /// <summary>Reads the frames of the batch, which the caller has filled, and keeps those that pass; returns how many do.</summary>
    public int ReadBatch()
    {
        _properties.Read(Batch);
        Filter();
        return Batch.Count;
    }

    /// <summary>The object of a row.</summary>
    public PageInfo Create(PageBatch batch, int row)
    {
        PageInfo page = new(batch.Pfn(row)) { UseRawFlags = _query.RawFlags };
        _properties.Populate(batch, row, page);
        return page;
    }

    /// <summary>The object that a row was added from, with what was read added to it.</summary>
    public PageInfo Populate(PageBatch batch, int row)
    {
        PageInfo page = batch.Page(row);
        if ((_query.Include & FrameProperties.Flags) != 0)
        {
            page.UseRawFlags = _query.RawFlags;
        }

        _properties.Populate(batch, row, page);
        return page;
    }

    /// <summary>Gives the buffers back. The files stay open.</summary>
    public void Dispose()
    {
        _properties.Dispose();
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
        foreach (FrameProperties field in KPageFiles.AllProperties)
        {
            if ((_query.RequiredProperties & field) != 0)
            {
                Span<ulong> words = Batch.GetColumn(field).Span;
                int count = _files.Get(field).Read(first, words);
                words[count..].Fill(PfnBatchReader.NoValue);
                read = Math.Max(read, count);
            }
        }

        Batch.Truncate(read);
        return read;
    }

    private void Filter()
    {
        if (_query.Frames.RequiredProperties != FrameProperties.None)
        {
            Batch.Filter(_query);
        }
    }
}
