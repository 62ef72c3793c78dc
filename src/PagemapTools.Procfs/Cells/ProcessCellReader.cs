using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Cells;

/// <summary>Reads the pages of one process into cells, batch by batch. Not safe to use from several threads, and used once.</summary>
internal sealed class ProcessCellReader
{
    private readonly ProcfsContext _procfs;
    private readonly ProcessAddressSpace _process;
    private readonly PageCellQuery _query;
    private readonly ProcessPageQuery _pages;
    private readonly CellCategories _categories;
    private readonly ProcessCellSections _sections;
    private readonly ZeroPages? _zeroPages;
    private (PageUse Use, ulong Pfn)? _folio;

    public ProcessCellReader(ProcfsContext procfs, ProcessAddressSpace process, PageCellQuery query)
    {
        _procfs = procfs;
        _process = process;
        _query = query;
        _categories = new CellCategories(query, isOfFrames: false);
        _sections = new ProcessCellSections(query.MaxCells, AddressRange.Normalize(query.Walk.Addresses));
        bool canScan = procfs.Root.IsProcFileSystem && !procfs.KernelRelease.IsBefore(6, 7);
        _zeroPages = query.By == PageCellKey.State && canScan ? new ZeroPages(process.Pagemap) : null;
        _pages = new ProcessPageQuery
        {
            // The walk asks for each mapping, in ascending order, before it reads the pages.
            Walk = query.Walk with { Mappings = mapping => query.Walk.Mappings?.Invoke(mapping) != false && _sections.Expect(mapping) },
            ResolveShared = query.ResolveShared,
            OnWarning = query.OnWarning,
            Include = query.By switch
            {
                PageCellKey.Kind or PageCellKey.Flag => FrameProperties.Flags,
                PageCellKey.MapCount => FrameProperties.Flags | FrameProperties.MapCount,
                PageCellKey.Cgroup => FrameProperties.Cgroup,
                PageCellKey.State when (query.IsDetailed || !canScan) && procfs.Frames.TryGet(FrameProperties.Flags) is not null => FrameProperties.Flags,
                _ => FrameProperties.None,
            },
        };
    }

    /// <summary>Reads the process to its end.</summary>
    public PageCellMap Read(IProgress<ulong>? progress, CancellationToken cancellationToken)
    {
        WarningReporter warnings = new(_query.OnWarning);
        using ProcessPageReader reader = new(_procfs, _process, _pages);
        while (reader.MoveNext(cancellationToken))
        {
            progress?.Report(reader.Position);
            warnings.Report(_query.By == PageCellKey.State ? ReadWarnings.None : reader.Warnings);
            AddRows(reader.Batch);
        }

        IReadOnlyList<PageCellSection> sections = _sections.Complete();
        return new PageCellMap(_query.By, _sections.Shift, _categories.Create(_procfs, sections, emptyPages: 0, cancellationToken), sections) { ProcessName = _process.ProcessName };
    }

    private void AddRows(PageBatch batch)
    {
        bool isHashed = _query.By == PageCellKey.Age;
        for (int row = 0; row < batch.Count;)
        {
            MemoryMapping mapping = batch.Mapping(row)!;
            ulong address = batch.Address(row);
            int category = Classify(batch, row, mapping);
            ulong hash = isHashed ? PageCell.HashWord(batch.Entry(row).Raw) : 0;
            ulong end = address + PageGeometry.PageSize;
            for (row++; row < batch.Count && !isHashed && batch.Address(row) == end && end < mapping.End && Classify(batch, row, mapping) == category; row++)
            {
                end += PageGeometry.PageSize;
            }

            _sections.AddRun(mapping, PageGeometry.ToPageIndex(address), PageGeometry.ToPageIndex(end), category, hash);
        }
    }

    private int Classify(PageBatch batch, int row, MemoryMapping mapping)
    {
        PagemapEntry entry = batch.Entry(row);
        return !entry.IsPresent ? (int)batch.GetState(row, _process.SwapTypes) : _query.By switch
        {
            PageCellKey.State => entry.IsExclusive ? (IsLarge(batch, row) ? CellCategories.PrivateLarge : CellCategories.Private)
                : IsZeroPage(batch, row, mapping) ? CellCategories.ZeroPage
                : _query.IsDetailed && !entry.IsFileOrSharedAnon ? CellCategories.SharedAnonymous : CellCategories.Shared,
            PageCellKey.Kind => CellCategories.FromUse(ClassifyUse(batch.GetValue(FrameProperties.Flags, row), batch.Pfn(row))),
            PageCellKey.Flag => _categories.FromFlags(batch.GetValue(FrameProperties.Flags, row)),
            PageCellKey.MapCount => _categories.FromMapCount(batch.GetValue(FrameProperties.MapCount, row)),
            PageCellKey.Cgroup => _categories.FromGroup(batch.GetValue(FrameProperties.Cgroup, row)),
            PageCellKey.Node => _categories.FromGroup((ulong?)_procfs.Nodes.Find(batch.Pfn(row))),
            _ => CellCategories.Present,
        };
    }

    private bool IsLarge(PageBatch batch, int row) =>
        _query.IsDetailed && _pages.Include == FrameProperties.Flags && !batch.Entry(row).IsFileOrSharedAnon
        && batch.GetValue(FrameProperties.Flags, row) is var flags and not PfnBatchReader.NoValue && (flags & (ulong)KPageFlagsDecoder.Compound) != 0;

    private bool IsZeroPage(PageBatch batch, int row, MemoryMapping mapping) =>
        !mapping.IsFileBacked
        && (_zeroPages is not null ? _zeroPages.Contains(batch.Address(row), mapping.End)
            : _pages.Include == FrameProperties.Flags && batch.GetValue(FrameProperties.Flags, row) is var flags and not PfnBatchReader.NoValue && (flags & (ulong)KPageFlags.ZERO_PAGE) != 0);

    // In 6.1 the frames of a folio after the first lack flags (FrameRuns).
    private PageUse ClassifyUse(ulong flags, ulong pfn)
    {
        if (flags == PfnBatchReader.NoValue)
        {
            return PageUse.Unknown;
        }

        bool isTail = (flags & (ulong)(KPageFlags.COMPOUND_HEAD | KPageFlags.COMPOUND_TAIL)) == (ulong)KPageFlags.COMPOUND_TAIL;
        PageUse use = isTail && _folio is var (headUse, last) && last == pfn - 1 ? headUse : PageUseClassifier.Classify(flags);
        _folio = isTail && _folio is null ? null : (use, pfn);
        return use;
    }
}
