using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Cells;

/// <summary>Reads the pages of a process, or the page frames of the machine, as a map of cells.</summary>
public static class PageCellReading
{
    /// <summary>Reads a map of a process.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="processId">The process.</param>
    /// <param name="query">The pages, and the property that tells them apart; null for all pages by state.</param>
    /// <param name="progress">Receives the address up to which the process has been read.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>The map. Its sections are the mappings in ascending order; neighbouring mappings of one file are one section.</returns>
    /// <exception cref="ProcfsException">The process does not exist, exits or has no address space, or the caller may not read it or a file that the property needs.</exception>
    public static PageCellMap ReadProcessCells(
        this ProcfsContext procfs, int processId, PageCellQuery? query = null, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default)
    {
        using ProcessAddressSpace process = procfs.OpenTarget(processId, cancellationToken);
        return new ProcessCellReader(procfs, process, query ?? new PageCellQuery()).Read(progress, cancellationToken);
    }

    /// <summary>Reads a map of page frames.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="range">The page frames; null for all. The range may extend beyond the end of memory.</param>
    /// <param name="query">The property that tells page frames apart, which must not be the state; null for the kind.</param>
    /// <param name="progress">Receives the frame number up to which memory has been read, on the threads that read.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>The map. Its sections are the ranges of memory between holes, by node.</returns>
    /// <exception cref="ProcfsException">A file that the property needs may not be read.</exception>
    public static PageCellMap ReadFrameCells(
        this ProcfsContext procfs, FrameRange? range = null, PageCellQuery? query = null, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default)
    {
        query ??= new PageCellQuery { By = PageCellKey.Kind };
        return query.By == PageCellKey.State
            ? throw new ArgumentException("Page frames have no state.", nameof(query))
            : new FrameCellReader(procfs, query).Read(range ?? FrameRange.All, progress, cancellationToken);
    }
}
