using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>A batch of page frames for which no mapping was found.</summary>
internal sealed class PageUseRows(ProcfsContext procfs, FrameMappingQuery query) : IPageRows<PageUseInfo>, IDisposable
{
    private readonly PageBatch _batch = new();
    private readonly FramePropertyReader _properties =
        new(procfs.Frames, FrameProperties.Flags | FrameProperties.MapCount | query.Include, () => procfs.Cgroups);

    public int Count => _batch.Count;

    /// <summary>Returns this batch, filled with one part of the frames after the other.</summary>
    public IEnumerable<PageUseRows> Fill(IEnumerable<ulong> pfns)
    {
        foreach (ulong[] chunk in pfns.Chunk(PageBatch.Capacity))
        {
            _batch.Clear();
            Array.ForEach(chunk, _batch.Add);
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

    public PageUseInfo GetPage(int row)
    {
        PageValues values = GetValues(row);
        return new PageUseInfo(values, Classify(values));
    }

    private PageUse Classify(in PageValues values)
    {
        PageUse use = PageUseClassifier.Classify(values.RawFlags);
        return use == PageUse.ZeroPage ? use
            : values.MapCount is > 0 ? PageUse.MappedElsewhere
            : procfs.Frames.UntrackedSections.IsUntracked(values.RawFlags, new PagemapEntry(PagemapEntry.PresentBit), values.RawPfn) ? PageUse.Unknown
            : use;
    }

    public void Dispose()
    {
        _batch.Dispose();
        _properties.Dispose();
    }
}
