using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>A batch of results of a search, with the properties of their page frames.</summary>
/// <param name="procfs">The machine.</param>
/// <param name="query">The properties to read.</param>
/// <param name="fields">More properties to read.</param>
internal abstract class FrameRows<TPage>(ProcfsContext procfs, FrameMappingQuery query, FrameProperties fields) : IPageRows<TPage>, IDisposable
    where TPage : PageInfo
{
    private readonly FramePropertyReader _properties = new(procfs.Frames, query.Include | fields, () => procfs.Cgroups, () => procfs.Nodes);

    public int Count => Batch.Count;

    protected ProcfsContext Procfs => procfs;

    protected PageBatch Batch { get; } = new();

    public PageValues GetValues(int row)
    {
        PageValues values = Batch.GetValues(row);
        values.UseRawFlags = query.RawFlags;
        _properties.Populate(Batch, row, ref values);
        return values;
    }

    public abstract TPage GetPage(int row);

    public virtual void Dispose()
    {
        Batch.Dispose();
        _properties.Dispose();
    }

    /// <summary>Returns this batch, filled with one part of the results after the other.</summary>
    protected IEnumerable<IPageRows<TPage>> Fill<TResult>(IEnumerable<TResult> results, Action<TResult> add)
    {
        foreach (TResult[] chunk in results.Chunk(PageBatch.Capacity))
        {
            Batch.Clear();
            Array.ForEach(chunk, add);
            _properties.Read(Batch);
            yield return this;
        }
    }
}

/// <summary>A batch of mappings.</summary>
internal sealed class MappingRows(ProcfsContext procfs, FrameMappingQuery query) : FrameRows<FrameMapping>(procfs, query, FrameProperties.None)
{
    private readonly EntryMatcher _filter = new(query.Entries);

    public IEnumerable<IPageRows<FrameMapping>> Fill(IEnumerable<Hit> hits) =>
        Fill(hits.Where(hit => _filter.Matches(hit.Entry, Procfs.SwapTypes)), hit => Batch.Add(hit.Mapping, hit.Address, hit.Entry));

    public override FrameMapping GetPage(int row) => new(GetValues(row));
}

/// <summary>A batch of page frames for which no mapping was found.</summary>
internal sealed class PageUseRows(ProcfsContext procfs, FrameMappingQuery query)
    : FrameRows<PageUseInfo>(procfs, query, FrameProperties.Flags | FrameProperties.MapCount)
{
    private readonly FolioExtents _folios = new(procfs.Frames.Get(FrameProperties.Flags));

    public IEnumerable<IPageRows<PageUseInfo>> Fill(IEnumerable<ulong> pfns) => Fill(pfns, Batch.Add);

    public override PageUseInfo GetPage(int row)
    {
        PageValues values = GetValues(row);
        return new PageUseInfo(values, Classify(values));
    }

    public override void Dispose()
    {
        base.Dispose();
        _folios.Dispose();
    }

    private PageUse Classify(in PageValues values)
    {
        PageUse use = ClassifyFolio(values.RawFlags, values.RawPfn);
        return use == PageUse.ZeroPage ? use
            : values.MapCount is > 0 ? PageUse.MappedElsewhere
            : Procfs.Frames.UntrackedSections.IsUntracked(values.RawFlags, new PagemapEntry(PagemapEntry.PresentBit), values.RawPfn) ? PageUse.Unknown
            : use;
    }

    // Before Linux 6.10 the tail pages of a folio show neither LRU nor UPTODATE (fs/proc/page.c, stable_page_flags).
    private PageUse ClassifyFolio(ulong flags, ulong pfn)
    {
        PageUse use = PageUseClassifier.Classify(flags);
        return use == PageUse.Kernel && (flags & (ulong)KPageFlags.COMPOUND_TAIL) != 0 && _folios.Find(pfn) is { } folio
            ? PageUseClassifier.Classify(_folios.ReadFlags(folio.Head))
            : use;
    }
}
