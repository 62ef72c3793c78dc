namespace PagemapTools.Procfs;

/// <summary>Which pages of a process are wanted, and what of each.</summary>
public sealed record ProcessPageQuery
{
    /// <summary>Which mappings and addresses.</summary>
    public PageWalkOptions Walk { get; init; } = new();

    /// <summary>Conditions on the pagemap entry.</summary>
    public EntryFilter Entries { get; init; } = new([]);

    /// <summary>Conditions on the frame.</summary>
    public FrameFilter Frames { get; init; } = new();

    /// <summary>What is read of each frame.</summary>
    public KPageFields Include { get; init; }

    /// <summary>Whether flags are shown raw.</summary>
    public bool RawFlags { get; init; }

    /// <summary>Whether unpopulated pages of shared memory are looked up in the page cache and in swap.</summary>
    public bool ResolveShared { get; init; }

    internal KPageFields Fields => Include | Frames.Needs;
}

/// <summary>
/// Reads the pages of a process that pass a query: walks and filters on the entry, joins with the kpage files and filters on the
/// frame. While one batch is looked at, the next is joined and the one after it walked, each on a thread of its own; none waits
/// between the two, so that a frame is looked up soon after its page.
/// </summary>
public sealed class ProcessPageReader : IDisposable
{
    // At most some 8 Mi entries without a sign of life.
    private const int RunsPerFill = 256;

    // The more frames are looked up at once, the more of them are neighbours; but the first pages are to come soon.
    private const int MostRowsToJoin = 8 * PageBatch.Capacity;
    private const int GrowthOfBatches = 2;

    private readonly ProcessMemory _process;
    private readonly ProcessPageQuery _query;
    private readonly FrameJoin _join;
    private readonly PageWalk _walk;
    private readonly SharedMemoryResolver? _shared;
    private readonly ReadAhead<PageBatch> _ahead;

    // One that is looked at, one that is joined, one that is walked.
    private readonly PageBatch[] _batches = [new(), new(), new()];
    private int _filled;
    private int _rows = PageBatch.Capacity;
    private int _next;
    private bool _isAtEnd;
    private ProcfsException? _failure;
    private CancellationTokenSource? _stop;

    /// <summary>Begins to read.</summary>
    /// <param name="process">The process.</param>
    /// <param name="files">The files of frames.</param>
    /// <param name="query">What is wanted.</param>
    public ProcessPageReader(ProcessMemory process, KPageFiles files, ProcessPageQuery query)
    {
        _process = process;
        _query = query;
        _join = new FrameJoin(files, query.Fields);
        _shared = query.ResolveShared ? new SharedMemoryResolver(process, CallerRights.Current) : null;
        _walk = new PageWalk(process, query.Walk with { Wanted = query.Entries.Categories, WantsWholeShared = query.ResolveShared });
        _ahead = query.Fields == KPageFields.None
            ? new ReadAhead<PageBatch>(depth: 1, Walk)
            : new ReadAhead<PageBatch>(depth: _batches.Length - 1, Walk, Join);
        Batch = _batches[0];
    }

    /// <summary>Whether a page was met whose frame or swap place the kernel hides.</summary>
    public bool MetHiddenFrame { get; private set; }

    /// <summary>Whether a shared mapping could not be resolved for want of a right.</summary>
    public bool MetUnresolvedShared => _shared?.SawInaccessibleFile ?? false;

    /// <summary>The virtual address up to which the process has been read.</summary>
    public ulong Position { get; private set; }

    internal PageBatch Batch { get; private set; }

    /// <summary>
    /// Reads the next pages into the batch; false at the end. It returns now and then without a page that passes, so that whoever
    /// waits can show where it is. A failure is thrown only after everything that was read before it has been delivered.
    /// </summary>
    /// <exception cref="ProcfsException">The process has gone, or a file may not be read.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> asked for it.</exception>
    public bool MoveNext(CancellationToken stop)
    {
        _stop ??= CancellationTokenSource.CreateLinkedTokenSource(stop);
        PageBatch? batch = _ahead.Next();
        Batch = batch ?? Batch;
        return batch is not null;
    }

    /// <summary>The object of a row.</summary>
    internal PageInfo Create(PageBatch batch, int row)
    {
        ProcessPageInfo page = batch.ProcessPage(row);
        page.ShowsRawFlags = _query.RawFlags;
        _join.Describe(batch, row, page);
        return page;
    }

    /// <summary>Ends the walk. The process and the files stay open.</summary>
    public void Dispose()
    {
        _stop?.Cancel();
        _ahead.Dispose();
        _stop?.Dispose();
        _stop = null;
        _walk.Dispose();
        _join.Dispose();
        _shared?.Dispose();
        foreach (PageBatch batch in _batches)
        {
            batch.Dispose();
        }
    }

    private void Join(PageBatch batch)
    {
        _join.Read(batch);
        if (_query.Frames.Needs != KPageFields.None)
        {
            batch.Keep(_query.Frames, _query.Fields);
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
        _rows = _query.Fields == KPageFields.None ? _rows : Math.Min(_rows * GrowthOfBatches, MostRowsToJoin);
        try
        {
            for (int runs = 0; runs < RunsPerFill && !batch.IsFull && MoveToEntries(); runs++)
            {
                TakeRun(batch);
            }
        }
        catch (ProcfsException failure)
        {
            _failure = failure;
            _isAtEnd = true;
        }

        return batch;
    }

    private bool MoveToEntries()
    {
        if (_next >= _walk.Entries.Length)
        {
            _next = 0;
            _isAtEnd = !_walk.MoveNext(_stop!.Token);
        }

        return !_isAtEnd;
    }

    private void TakeRun(PageBatch batch)
    {
        ReadOnlySpan<ulong> entries = _walk.Entries;
        SwapTypes types = _process.SwapTypes;
        EntryFilter filter = _query.Entries;
        ReadOnlySpan<PageState> resolved = _shared is null ? default
            : _next == 0 ? _shared.Resolve(_walk.Mapping, _walk.Address, entries)
            : _shared.Resolved;
        for (; _next < entries.Length && !batch.IsFull; _next++)
        {
            ulong entry = entries[_next];
            PageState state = resolved.IsEmpty ? PageState.Unpopulated : resolved[_next];
            bool wanted = state == PageState.Unpopulated ? filter.Matches(entry, types) : filter.Wants(state) && filter.MatchesBits(entry);
            if (wanted)
            {
                MetHiddenFrame |= (entry & (PagemapEntry.PresentBit | PagemapEntry.SwapBit)) != 0 && (entry & PagemapEntry.FrameMask) == 0;
                batch.Add(_walk.Mapping, _walk.Address + PageGeometry.AddressOf((ulong)_next), entry, state);
            }
        }

        Position = _walk.Address + PageGeometry.AddressOf((ulong)_next);
    }
}
