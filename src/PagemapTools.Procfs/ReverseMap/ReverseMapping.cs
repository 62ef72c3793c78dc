using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>Finds who maps page frames.</summary>
public static class ReverseMapping
{
    /// <summary>
    /// Finds the mappings of page frames, in all processes of a proc tree. Searching begins with the enumeration. One search serves any
    /// number of frames. It takes 16 bytes of memory a frame, 12 KiB for each block of 32,768 frames (128 MiB with pages of 4 KiB) that
    /// has one of them, and at most 48 MiB for mappings.
    /// </summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="frames">The page frames, in any order. A range may extend beyond the end of memory; it ends there.</param>
    /// <param name="query">The properties to read of each frame; null for none.</param>
    /// <param name="progress">Receives the number of processes whose mappings were returned.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <returns>
    /// A <see cref="FrameMapping"/> for each mapping, in order of process and address; then a <see cref="PageUseInfo"/> for each frame
    /// without one, in order of the frames. Processes that share an address space are all returned.
    /// </returns>
    /// <exception cref="ProcfsException">The kernel hides page frame numbers from the caller, or the caller may not read /proc/kpageflags or /proc/kpagecount.</exception>
    /// <example><code>
    /// foreach (PageInfo page in procfs.FindMappings([new FrameRange(0x12345, 1)]))
    /// {
    ///     Console.WriteLine(page is FrameMapping mapping ? $"{mapping.ProcessId} {mapping.ProcessName} {mapping.Address:x}" : $"{((PageUseInfo)page).Use}");
    /// }
    /// </code></example>
    public static IEnumerable<PageInfo> FindMappings(
        this ProcfsContext procfs, IEnumerable<FrameRange> frames, FrameMappingQuery? query = null, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default) =>
        new PageSequence<PageInfo>(new MappingReader(procfs, query ?? new FrameMappingQuery(), progress).Read(frames, cancellationToken));
}
