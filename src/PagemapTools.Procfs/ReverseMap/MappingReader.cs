using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>Reads the mappings of page frames in batches: first the mappings, then the frames without one.</summary>
internal sealed class MappingReader(ProcfsContext procfs, FrameMappingQuery query, IProgress<ulong>? progress)
{
    private readonly List<ProcfsException> _failures = [];
    private ulong _done;
    private int _failedCount;

    /// <summary>Begins to read.</summary>
    public IEnumerable<IPageRows<PageInfo>> Read(IEnumerable<FrameRange> ranges, CancellationToken cancellationToken)
    {
        HiddenFrames.ThrowIfHidden(procfs);
        FrameSet frames = RequestedFrames.Collect(procfs, ranges);
        SearchedFrames searched = SearchedFrames.Select(procfs, frames, query.IncludeZeroPage, cancellationToken);
        MappingSearch search = new(procfs, searched, query.Entries, new TargetRunOptions { Timeout = query.Timeout, OnWait = () => progress?.Report(_done) });
        using MappingRows mappings = new(procfs, query);
        foreach (TargetResult<ProcessHits> result in search.Run(cancellationToken))
        {
            foreach (IPageRows<FrameMapping> rows in ReadProcess(search, mappings, result, cancellationToken))
            {
                yield return rows;
            }

            progress?.Report(++_done);
        }

        using PageUseRows uses = new(procfs, query);
        foreach (IPageRows<PageUseInfo> rows in uses.Fill(frames.Enumerate().Where(pfn => searched.Frames.IndexOf(pfn) is var frame && (frame < 0 || search.Counts.GetFound(frame) == 0))))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return rows;
        }

        query.OnCompleted?.Invoke(Summarize(frames.Count, searched.Expected, search.Counts));
    }

    private IEnumerable<IPageRows<FrameMapping>> ReadProcess(MappingSearch search, MappingRows mappings, TargetResult<ProcessHits> result, CancellationToken cancellationToken)
    {
        Note(result.Failure ?? result.Value?.Failure);
        IEnumerable<IReadOnlyList<Hit>> hits = result.Value is not { } found ? []
            : found.Extent == SearchExtent.WholeWithoutHits ? NoteFailure(search.Enumerate(result.ProcessId, cancellationToken))
            : found.Hits.Count == 0 ? [] : [found.Hits];
        return hits.SelectMany(each => mappings.Fill(each));
    }

    private IEnumerable<T> NoteFailure<T>(IEnumerable<T> items)
    {
        using IEnumerator<T> enumerator = items.GetEnumerator();
        while (TryMoveNext(enumerator))
        {
            yield return enumerator.Current;
        }
    }

    private bool TryMoveNext<T>(IEnumerator<T> items)
    {
        try
        {
            return items.MoveNext();
        }
        catch (ProcfsException failure) when (failure.ProcessId is not null)
        {
            Note(failure);
            return false;
        }
    }

    /// <summary>Notes the failure of a process. A process that has exited maps nothing any more.</summary>
    private void Note(ProcfsException? failure)
    {
        if (failure is { ProcessId: null })
        {
            throw failure;
        }

        _failedCount += failure is null ? 0 : 1;
        if (failure is not (null or { Error: ProcfsError.ProcessNotFound or ProcfsError.NoAddressSpace }))
        {
            _failures.Add(failure);
        }
    }

    private FrameMappingSummary Summarize(int frames, IReadOnlyList<int> expected, MappingCounts counts)
    {
        long mappings = 0;
        long incomplete = 0;
        long missing = 0;
        for (int i = 0; i < expected.Count; i++)
        {
            int found = counts.GetFound(i);
            mappings += found;
            int lacking = expected[i] == SearchedFrames.UnknownCount ? 0 : Math.Max(expected[i] - found, 0);
            incomplete += lacking > 0 ? 1 : 0;
            missing += lacking;
        }

        return new FrameMappingSummary
        {
            FrameCount = frames,
            MappingCount = mappings,
            IncompleteFrameCount = incomplete,
            MissingMappingCount = missing,
            ProcessCount = (int)_done - _failedCount,
            Failures = _failures,
        };
    }
}
