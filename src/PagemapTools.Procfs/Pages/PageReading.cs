using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Pages;

/// <summary>
/// Reads pages and page frames. Reading begins with the enumeration. A failure is thrown after the pages that were read before it have
/// been delivered. The thread that enumerates reports progress and warnings.
/// </summary>
public static class PageReading
{
    // Enough pages to find neighbouring frames, and few enough for the first page to be delivered soon.
    private const int PagesPerBatch = 4096;

    /// <summary>Reads the pages of a process.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="processId">The process.</param>
    /// <param name="query">The pages that pass, and the properties to read of each; null for every populated page and its pagemap entry.</param>
    /// <param name="progress">Receives the address up to which the process has been read.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ProcfsException">The process has exited or may not be read, or a file that the query needs may not be read.</exception>
    public static IEnumerable<ProcessPageInfo> ReadPages(
        this ProcfsContext procfs, int processId, ProcessPageQuery? query = null, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default)
    {
        return new PageSequence<ProcessPageInfo>(OpenAndRead());

        IEnumerable<IPageRows<ProcessPageInfo>> OpenAndRead()
        {
            using ProcessAddressSpace process = procfs.OpenTarget(processId, cancellationToken);
            foreach (IPageRows<ProcessPageInfo> rows in ReadBatches(procfs, process, query, progress, cancellationToken))
            {
                yield return rows;
            }
        }
    }

    /// <summary>Reads the pages of an open process.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="process">The process; it stays open.</param>
    /// <param name="query">The pages that pass, and the properties to read of each; null for every populated page and its pagemap entry.</param>
    /// <param name="progress">Receives the address up to which the process has been read.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ProcfsException">The process has exited, or a file that the query needs may not be read.</exception>
    public static IEnumerable<ProcessPageInfo> ReadPages(
        this ProcfsContext procfs, ProcessAddressSpace process, ProcessPageQuery? query = null, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default) =>
        new PageSequence<ProcessPageInfo>(ReadBatches(procfs, process, query, progress, cancellationToken));

    /// <summary>Reads page frames in order.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="range">The frames; the range may extend beyond the end of memory.</param>
    /// <param name="query">The frames that pass, and the properties to read of each.</param>
    /// <param name="progress">Receives the frame number up to which the range has been read.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ProcfsException">A file that the query needs may not be read.</exception>
    public static IEnumerable<PageInfo> ReadFrames(
        this ProcfsContext procfs, FrameRange range, FrameQuery query, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default) =>
        new PageSequence<PageInfo>(ReadBatches(procfs, range, query, progress, cancellationToken));

    /// <summary>Reads the frames of existing pages, in their order, and adds the properties to these objects.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="pages">The pages, or frames by their numbers (<see cref="PageInfo(ulong)"/>).</param>
    /// <param name="query">The pages that pass, and the properties to read of each.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ProcfsException">A file that the query needs may not be read.</exception>
    public static IEnumerable<PageInfo> ReadFrames(
        this ProcfsContext procfs, IEnumerable<PageInfo> pages, FrameQuery query, CancellationToken cancellationToken = default) =>
        new PageSequence<PageInfo>(ReadBatches(procfs, pages, query, cancellationToken));

    /// <summary>
    /// Joins pages that follow one another and are alike into ranges. If the pages come from this class, the ranges are made without an
    /// object for each page.
    /// </summary>
    /// <param name="pages">The pages, in ascending order of address.</param>
    /// <param name="ignorePfn"><inheritdoc cref="PageRangeBuilder" path="/param[@name='ignorePfn']"/></param>
    public static IEnumerable<ProcessPageRange> AsRanges(this IEnumerable<ProcessPageInfo> pages, bool ignorePfn = false) =>
        JoinAll(pages, ignorePfn).Cast<ProcessPageRange>();

    /// <summary>Joins page frames that follow one another and are alike into ranges.</summary>
    public static IEnumerable<PageRange> AsRanges(this IEnumerable<PageInfo> pages) => JoinAll(pages, ignorePfn: false);

    private static IEnumerable<PageRange> JoinAll(IEnumerable<PageInfo> pages, bool ignorePfn)
    {
        PageRangeBuilder builder = new(ignorePfn);
        foreach (PageRange range in builder.Add(pages))
        {
            yield return range;
        }

        if (builder.Complete() is { } last)
        {
            yield return last;
        }
    }

    private static IEnumerable<IPageRows<ProcessPageInfo>> ReadBatches(
        ProcfsContext procfs, ProcessAddressSpace process, ProcessPageQuery? query, IProgress<ulong>? progress, CancellationToken cancellationToken)
    {
        query ??= new ProcessPageQuery();
        WarningReporter warnings = new(query.OnWarning);
        using ProcessPageReader reader = new(procfs, process, query);
        while (reader.MoveNext(cancellationToken))
        {
            progress?.Report(reader.Position);
            warnings.Report(reader.Warnings);
            yield return reader;
        }
    }

    private static IEnumerable<IPageRows<PageInfo>> ReadBatches(
        ProcfsContext procfs, FrameRange range, FrameQuery query, IProgress<ulong>? progress, CancellationToken cancellationToken)
    {
        using FrameReader reader = new(procfs.Frames, query, () => procfs.Cgroups, () => procfs.Nodes);
        while (reader.MoveNext(ref range, cancellationToken))
        {
            progress?.Report(range.First);
            yield return reader;
        }
    }

    private static IEnumerable<IPageRows<PageInfo>> ReadBatches(
        ProcfsContext procfs, IEnumerable<PageInfo> pages, FrameQuery query, CancellationToken cancellationToken)
    {
        WarningReporter warnings = new(query.OnWarning);
        using FrameReader reader = new(procfs.Frames, query, () => procfs.Cgroups, () => procfs.Nodes);
        foreach (PageInfo[] chunk in pages.Chunk(PagesPerBatch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            reader.Batch.Clear();
            Array.ForEach(chunk, reader.Batch.Add);
            warnings.Report(Array.Exists(chunk, page => page.Values.IsPfnHidden) ? ReadWarnings.HiddenPageFrames : ReadWarnings.None);
            reader.ReadBatch();
            yield return reader;
        }
    }
}
