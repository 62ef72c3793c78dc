using System.Runtime.ExceptionServices;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Pages;

/// <summary>
/// Counts pages by their flags, as page-types does: all of memory, processes, single pages and ranges, in one summary. Not
/// safe to use from several threads.
/// </summary>
public sealed class KPageFlagsMeter : IDisposable
{
    private readonly ProcfsContext _procfs;
    private readonly PageIndexedFile _kpageflags;
    private readonly KPageFlagsHistogram _histogram;
    private readonly FrameFlagsBatcher _batcher;
    private readonly WarningReporter _warnings;

    /// <summary>Creates a meter with an empty summary.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="filter">The pages that are counted; null for all.</param>
    /// <param name="rawFlags">Whether flags are shown raw, and bit specifications compared with the raw flags.</param>
    /// <param name="onWarning">Called once for each limit of a reading; null for no warnings.</param>
    /// <exception cref="ProcfsException">/proc/kpageflags may not be read.</exception>
    public KPageFlagsMeter(ProcfsContext procfs, FlagFilter? filter = null, bool rawFlags = false, Action<ReadWarnings>? onWarning = null)
    {
        _procfs = procfs;
        _kpageflags = procfs.Frames.Get(FrameProperties.Flags);
        _histogram = new KPageFlagsHistogram(filter ?? new FlagFilter(), rawFlags);
        _batcher = new FrameFlagsBatcher(_kpageflags, procfs.Frames.UntrackedSections, _histogram);
        _warnings = new WarningReporter(onWarning);
    }

    /// <summary>Counts every page frame of the machine, on several threads.</summary>
    /// <param name="progress">Receives the frame number up to which memory has been read, on the threads that read.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ProcfsException">A read failed.</exception>
    public void AddAll(IProgress<ulong>? progress = null, CancellationToken cancellationToken = default) =>
        _histogram.AddAll(_kpageflags, Environment.ProcessorCount, progress, cancellationToken);

    /// <summary>Counts the populated pages of a process.</summary>
    /// <param name="process">The process; it stays open.</param>
    /// <param name="progress">Receives the address up to which the process has been read.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ProcfsException">The process has exited, or may not be read; the pages read before are counted.</exception>
    public void Add(ProcessAddressSpace process, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default) =>
        Add(Count(process, progress, cancellationToken));

    /// <summary>Counts the populated pages of a process, on threads that can be left behind (<see cref="TargetRun"/>).</summary>
    /// <param name="processId">The process.</param>
    /// <param name="progress">Receives the address up to which the process has been read, on another thread.</param>
    /// <param name="options">The timeout; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ProcfsException">
    /// The process has exited, or may not be read; the pages read before are counted. Or the process does not answer; none of its pages is
    /// counted.
    /// </exception>
    public void Add(int processId, IProgress<ulong>? progress = null, TargetRunOptions? options = null, CancellationToken cancellationToken = default) =>
        Add(TargetRun.Read(_procfs.Root, processId, token =>
        {
            using ProcessAddressSpace process = _procfs.OpenTarget(processId, token);
            return Count(process, progress, token);
        }, options, cancellationToken));

    /// <summary>Counts a page by the flags that were read before, or else by the current flags of its frame.</summary>
    /// <exception cref="ProcfsException">A read failed.</exception>
    public void Add(PageInfo page, CancellationToken cancellationToken = default)
    {
        if (page.RawFlags is { } known)
        {
            _histogram.Add(known, page.Values.Entry);
        }
        else
        {
            AddFrames(page.Values, 1, cancellationToken);
        }
    }

    /// <summary>Counts the pages of a range by the current flags of their frames. A range without page frame numbers is not counted.</summary>
    /// <exception cref="ProcfsException">A read failed.</exception>
    public void Add(PageRange range, CancellationToken cancellationToken = default)
    {
        if (range is { IgnoresPfn: true, State: PageState.Present })
        {
            _warnings.Report(ReadWarnings.IgnoredPageFrames);
        }
        else
        {
            AddFrames(range.Values, range.PageCount, cancellationToken);
        }
    }

    /// <summary>Gets the combinations of flags that occurred and pass, in ascending order of their number.</summary>
    /// <exception cref="ProcfsException">A read failed.</exception>
    public IReadOnlyList<KPageFlagsSummary> GetSummaries()
    {
        _batcher.Flush();
        _warnings.Report(_batcher.SawUntrackedFrames ? ReadWarnings.UntrackedPageFrames : ReadWarnings.None);
        return _histogram.GetSummaries();
    }

    /// <summary>Returns the buffers.</summary>
    public void Dispose() => _batcher.Dispose();

    // A reading that was left behind must not change the summary, so each has a histogram of its own.
    private ProcessCount Count(ProcessAddressSpace process, IProgress<ulong>? progress, CancellationToken cancellationToken)
    {
        KPageFlagsHistogram histogram = new(new FlagFilter(), rawFlags: true);
        ReadWarnings warnings = ReadWarnings.None;
        using ProcessPageReader reader = new(_procfs, process, new ProcessPageQuery { Include = FrameProperties.Flags });
        ProcfsException? failure = null;
        try
        {
            while (reader.MoveNext(cancellationToken))
            {
                progress?.Report(reader.Position);
                warnings |= AddRows(histogram, reader.Batch);
            }
        }
        catch (ProcfsException exception)
        {
            failure = exception;
        }

        return new ProcessCount(histogram, warnings | reader.Warnings, failure);
    }

    private void Add(ProcessCount process)
    {
        _histogram.Add(process.Histogram);
        _warnings.Report(process.Warnings);
        if (process.Failure is not null)
        {
            ExceptionDispatchInfo.Throw(process.Failure);
        }
    }

    private static ReadWarnings AddRows(KPageFlagsHistogram histogram, PageBatch batch)
    {
        ReadWarnings warnings = ReadWarnings.None;
        for (int row = 0; row < batch.Count; row++)
        {
            PagemapEntry entry = batch.Entry(row);
            ulong word = entry.IsPresent ? batch.GetValue(FrameProperties.Flags, row) : 0;
            if (word != PfnBatchReader.NoValue)
            {
                histogram.Add(word, entry);
            }
            else if (entry.Pfn is not null)
            {
                warnings |= ReadWarnings.UntrackedPageFrames;
            }
        }

        return warnings;
    }

    private void AddFrames(in PageValues first, long pages, CancellationToken cancellationToken)
    {
        _batcher.Add(first, pages, cancellationToken);
        _warnings.Report(first.IsPfnHidden ? ReadWarnings.HiddenPageFrames : ReadWarnings.None);
    }

    /// <summary>What was counted of one process, and why it is not all.</summary>
    private sealed record ProcessCount(KPageFlagsHistogram Histogram, ReadWarnings Warnings, ProcfsException? Failure);
}

/// <summary>Summaries in one call.</summary>
public static class KPageFlagsMeasurement
{
    /// <summary>Counts all of memory by flags.</summary>
    /// <exception cref="ProcfsException">/proc/kpageflags may not be read.</exception>
    public static IReadOnlyList<KPageFlagsSummary> MeasureKPageFlags(
        this ProcfsContext procfs, FlagFilter? filter = null, bool rawFlags = false, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default)
    {
        using KPageFlagsMeter meter = new(procfs, filter, rawFlags);
        meter.AddAll(progress, cancellationToken);
        return meter.GetSummaries();
    }
}
