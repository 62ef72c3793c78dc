using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>A batch of hits, with the properties of their page frames.</summary>
internal sealed class MappingRows(ProcfsContext procfs, FrameMappingQuery query) : IPageRows<FrameMapping>, IDisposable
{
    private readonly PageBatch _batch = new();
    private readonly FramePropertyReader _properties = new(procfs.Frames, query.Include, () => procfs.Cgroups);
    private readonly EntryMatcher _filter = new(query.Entries);

    public int Count => _batch.Count;

    /// <summary>Returns this batch, filled with one part of the hits after the other.</summary>
    public IEnumerable<MappingRows> Fill(IEnumerable<Hit> hits)
    {
        foreach (Hit[] chunk in hits.Chunk(PageBatch.Capacity))
        {
            _batch.Clear();
            foreach (Hit hit in chunk)
            {
                if (_filter.Matches(hit.Entry, procfs.SwapTypes))
                {
                    _batch.Add(hit.Mapping, hit.Address, hit.Entry);
                }
            }

            _properties.Read(_batch);
            yield return this;
        }
    }

    public PageValues GetValues(int row)
    {
        PageValues values = _batch.GetValues(row);
        values.UseRawFlags = query.RawFlags;
        _properties.Populate(_batch, row, ref values);
        return values;
    }

    public FrameMapping GetPage(int row) => new(GetValues(row));

    public void Dispose()
    {
        _batch.Dispose();
        _properties.Dispose();
    }
}
