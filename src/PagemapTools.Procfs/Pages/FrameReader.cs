using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Pages;

/// <summary>Reads page frames by number: ranges in order, or the frames of a batch that the caller has filled.</summary>
internal sealed class FrameReader : IPageRows<PageInfo>, IDisposable
{
    private readonly KPageFiles _files;
    private readonly FrameQuery _query;
    private readonly FramePropertyReader _properties;

    /// <summary>Creates a reader over open files.</summary>
    public FrameReader(KPageFiles files, FrameQuery query, Func<CgroupPaths>? getCgroups = null, Func<MemoryNodes>? getNodes = null)
    {
        _files = files;
        _query = query;
        _properties = new FramePropertyReader(files, query.RequiredProperties, getCgroups, getNodes, query.OnWarning);
    }

    public PageBatch Batch { get; } = new();

    public int Count => Batch.Count;

    /// <summary>Reads the next frames of a range that pass. Returns false at the end of the range or of memory.</summary>
    /// <param name="range">The range; on return, the rest of it.</param>
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

    /// <summary>Reads the frames of the batch that the caller has filled, and removes those that do not pass.</summary>
    public void ReadBatch()
    {
        _properties.Read(Batch);
        Filter();
    }

    /// <inheritdoc/>
    public PageValues GetValues(int row)
    {
        if (Batch.Page(row) is not null)
        {
            return GetPage(row).Values;
        }

        PageValues values = Batch.GetValues(row);
        values.UseRawFlags = _query.RawFlags;
        _properties.Populate(Batch, row, ref values);
        return values;
    }

    /// <inheritdoc/>
    public PageInfo GetPage(int row)
    {
        if (Batch.Page(row) is not { } page)
        {
            return new PageInfo(GetValues(row));
        }

        if ((_query.Include & FrameProperties.Flags) != 0)
        {
            page.Values.UseRawFlags = _query.RawFlags;
        }

        _properties.Populate(Batch, row, ref page.Values);
        return page;
    }

    /// <summary>Returns the buffers. The files stay open.</summary>
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
