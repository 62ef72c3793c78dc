using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Pages;

/// <summary>
/// Reads the pages of a process that pass a query: walks and filters by the entry, joins with the kpage files and filters by the
/// frame. While the consumer uses one batch, the next is joined and the one after it walked, each on a thread of its own. A walked
/// batch is joined at once, so that the properties of a frame are read soon after its page.
/// </summary>
internal sealed class ProcessPageReader : IPageRows<ProcessPageInfo>, IDisposable
{
    // A walk that finds nothing returns a batch, and with it progress, after at most 8 Mi entries.
    private const int MaxRunsPerBatch = 256;

    // A larger batch has more neighbouring frames; a small first batch delivers the first pages soon.
    private const int MaxRowsPerBatch = 8 * PageBatch.Capacity;
    private const int BatchGrowthFactor = 2;

    private readonly ProcessAddressSpace _process;
    private readonly ProcessPageQuery _query;
    private readonly EntryMatcher _matcher;
    private readonly FramePropertyReader _properties;
    private readonly bool _checksAreaOrder;
    private readonly PageWalk _walk;
    private readonly SharedMemoryResolver? _shared;
    private readonly PrefetchPipeline<PageBatch> _ahead;

    // One batch that the consumer uses, one that is joined, and one that is walked.
    private readonly PageBatch[] _batches = [new(), new(), new()];
    private int _filled;
    private int _rows = PageBatch.Capacity;
    private int _next;
    private bool _isAtEnd;
    private bool _sawHiddenPfns;
    private bool _isAreaOrderPlausible = true;
    private ProcfsException? _failure;
    private CancellationTokenSource? _cancellation;

    /// <summary>Begins to read.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="process">The process.</param>
    /// <param name="query">The pages that pass, and the properties to read of each.</param>
    public ProcessPageReader(ProcfsContext procfs, ProcessAddressSpace process, ProcessPageQuery query)
    {
        _process = process;
        _query = query;
        _matcher = new EntryMatcher(query.Entries);
        _properties = new FramePropertyReader(procfs.Frames, query.RequiredProperties, () => procfs.Cgroups, () => procfs.Nodes, query.OnWarning);
        _checksAreaOrder = process.SwapTypes.Areas.Count > 1;
        _shared = query.ResolveShared ? new SharedMemoryResolver(process, procfs.Capabilities) : null;
        _walk = new PageWalk(process, query.Walk with { Categories = _matcher.Categories, IncludeUnpopulatedShared = query.ResolveShared });
        _ahead = query.RequiredProperties == FrameProperties.None
            ? new PrefetchPipeline<PageBatch>(capacity: 1, Walk)
            : new PrefetchPipeline<PageBatch>(capacity: _batches.Length - 1, Walk, Join);
        Batch = _batches[0];
    }

    /// <summary>The limits of the reading so far.</summary>
    public ReadWarnings Warnings =>
        (_sawHiddenPfns ? ReadWarnings.HiddenPageFrames : ReadWarnings.None)
        | (_shared?.SawInaccessibleFile == true ? ReadWarnings.UnresolvedSharedMemory : ReadWarnings.None);

    /// <summary>The virtual address up to which the process has been read.</summary>
    public ulong Position { get; private set; }

    public PageBatch Batch { get; private set; }

    public int Count => Batch.Count;

    /// <summary>
    /// Reads the next pages into the batch; returns false at the end. A batch may be empty, so that the caller can report progress. A
    /// failure is thrown after the pages that were read before it have been delivered.
    /// </summary>
    /// <exception cref="ProcfsException">The process has exited, or a file may not be read.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> is cancelled.</exception>
    public bool MoveNext(CancellationToken cancellationToken)
    {
        _cancellation ??= CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        PageBatch? batch = _ahead.Next();
        Batch = batch ?? Batch;
        return batch is not null;
    }

    /// <inheritdoc/>
    public PageValues GetValues(int row)
    {
        PageValues values = Batch.GetValues(row);
        values.UseRawFlags = _query.RawFlags;
        _properties.Populate(Batch, row, ref values);
        return values;
    }

    /// <inheritdoc/>
    public ProcessPageInfo GetPage(int row) => new(GetValues(row));

    /// <summary>Ends the walk. The process and the files stay open.</summary>
    public void Dispose()
    {
        _cancellation?.Cancel();
        _ahead.Dispose();
        _cancellation?.Dispose();
        _cancellation = null;
        _walk.Dispose();
        _properties.Dispose();
        _shared?.Dispose();
        foreach (PageBatch batch in _batches)
        {
            batch.Dispose();
        }
    }

    private void Join(PageBatch batch)
    {
        _properties.Read(batch);
        if (_query.Frames.RequiredProperties != FrameProperties.None)
        {
            batch.Filter(_query);
        }
    }

    private PageBatch? Walk()
    {
        if (_isAtEnd)
        {
            return _failure is null ? null : throw _failure;
        }

        PageBatch batch = _batches[_filled++ % _batches.Length];
        batch.Clear(_rows);
        _rows = _query.RequiredProperties == FrameProperties.None ? _rows : Math.Min(_rows * BatchGrowthFactor, MaxRowsPerBatch);
        try
        {
            for (int runs = 0; runs < MaxRunsPerBatch && !batch.IsFull && AdvanceWalk(); runs++)
            {
                AppendRun(batch);
            }
        }
        catch (ProcfsException failure)
        {
            _failure = failure;
            _isAtEnd = true;
        }

        batch.IsAreaOrderPlausible = _isAreaOrderPlausible;
        return batch;
    }

    private bool AdvanceWalk()
    {
        if (_next >= _walk.Entries.Length)
        {
            _next = 0;
            _isAtEnd = !_walk.MoveNext(_cancellation!.Token);
        }

        return !_isAtEnd;
    }

    private void AppendRun(PageBatch batch)
    {
        ReadOnlySpan<ulong> entries = _walk.Entries;
        SwapTypes types = _process.SwapTypes;
        ReadOnlySpan<PageState> resolved = _shared is null ? default
            : _next == 0 ? _shared.Resolve(_walk.Mapping, _walk.Address, entries)
            : _shared.Resolved;
        for (; _next < entries.Length && !batch.IsFull; _next++)
        {
            ulong entry = entries[_next];
            PageState state = resolved.IsEmpty ? PageState.Unpopulated : resolved[_next];
            if (_checksAreaOrder)
            {
                _isAreaOrderPlausible &= !types.ContradictsAreaOrder(new PagemapEntry(entry));
            }

            if (_matcher.Matches(entry, types, state))
            {
                _sawHiddenPfns |= (entry & (PagemapEntry.PresentBit | PagemapEntry.SwapBit)) != 0 && (entry & PagemapEntry.PfnMask) == 0;
                batch.Add(_walk.Mapping, _walk.Address + PageGeometry.ToAddress((ulong)_next), entry, state);
            }
        }

        Position = _walk.Address + PageGeometry.ToAddress((ulong)_next);
    }
}
