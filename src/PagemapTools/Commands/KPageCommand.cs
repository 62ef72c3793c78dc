using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>
/// Cmdlets over a file that is indexed by page frame number. They read page frames by number, all page frames, or the frames of pages
/// from the pipeline, to which they add the property. Input from the pipeline is read in batches and returned in order.
/// </summary>
public abstract class KPageCommand : FrameTargetCommand
{
    // Large enough to contain runs of adjacent page frames, small enough that the pipeline waits only briefly.
    private const int PagesPerBatch = 4096;

    private readonly List<PageInfo> _pages = [];
    private FrameQuery _query = new();

    private protected abstract FrameProperties Field { get; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _query = CreateQuery();
        TryRead(() => Procfs.Frames.Get(Field), out _);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == InputObjectSet)
        {
            Enqueue([InputObject!]);
        }
        else if (Count == 1)
        {
            Enqueue(FrameNumbers.Select(pfn => new PageInfo(pfn)));
        }
        else
        {
            FlushBatch();
            foreach (ulong pfn in FrameNumbers)
            {
                WriteRange(new FrameRange(pfn, (ulong)Count));
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        FlushBatch();
        if (!MyInvocation.ExpectingInput && ParameterSetName == PfnSet && !MyInvocation.BoundParameters.ContainsKey(nameof(Pfn)))
        {
            bool hasCount = MyInvocation.BoundParameters.ContainsKey(nameof(Count));
            WriteRange(hasCount ? new FrameRange(0, (ulong)Count) : FrameRange.All);
        }
    }

    /// <summary>Creates the query: the properties to read, and the filter.</summary>
    private protected abstract FrameQuery CreateQuery();

    /// <summary>The objects to write for the pages that pass: the pages, or what a cmdlet makes of them.</summary>
    private protected virtual IEnumerable<FrameInfo> Transform(IEnumerable<PageInfo> pages) => pages;

    private void Write(IEnumerable<PageInfo> pages)
    {
        foreach (FrameInfo item in Guard(Transform(pages)))
        {
            WriteObject(item);
        }
    }

    private void Enqueue(IEnumerable<PageInfo> pages)
    {
        foreach (PageInfo page in pages)
        {
            _pages.Add(page);
            if (_pages.Count == PagesPerBatch)
            {
                FlushBatch();
            }
        }
    }

    private void FlushBatch()
    {
        Write(Procfs.ReadFrames(_pages, _query, CancellationToken));
        _pages.Clear();
    }

    private void WriteRange(FrameRange range)
    {
        WorkProgress progress = WorkProgress.ForFrames(this, $"Reading {Field} of page frames");
        Write(Procfs.ReadFrames(range, _query, progress, CancellationToken));
        progress.Complete();
    }
}
