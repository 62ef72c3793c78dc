using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;

namespace PagemapTools.Procfs.HugePages;

/// <summary>
/// Measures the memory of processes in large folios (transparent huge pages of every size, large folios of the page cache, hugetlb pages):
/// by kind, size, alignment, and whether a PMD maps them. Safe to use from several threads.
/// </summary>
/// <remarks>
/// A folio is recognized by the flags COMPOUND_HEAD and COMPOUND_TAIL, so a measurement needs page frame numbers and /proc/kpageflags. What a
/// PMD maps is known from PAGEMAP_SCAN (Linux 6.7), before that from smaps; of memory that a PMD maps one entry is read for each PMD, of
/// other memory each entry and the flags of each page frame. The memory of a measurement is about 1 MiB, whatever the size of the process.
/// </remarks>
/// <example><code>
/// using ProcfsContext procfs = new();
/// foreach (ProcessHugePage row in new HugePageMeter(procfs).Measure(processId)) { Console.WriteLine($"{row.Kind} {row.FolioSize} {row.Bytes}"); }
/// </code></example>
public sealed class HugePageMeter
{
    private readonly ProcfsContext _procfs;
    private readonly BackingStoreCache _backingStores = new();

    /// <summary>Creates a meter.</summary>
    /// <param name="procfs">The machine; it stays open.</param>
    /// <exception cref="ProcfsException">The kernel hides page frame numbers from the caller, or the caller may not read /proc/kpageflags.</exception>
    public HugePageMeter(ProcfsContext procfs)
    {
        ArgumentNullException.ThrowIfNull(procfs);
        _procfs = procfs;
        HiddenFrames.ThrowIfHidden(procfs);
        procfs.Frames.Get(FrameProperties.Flags);
    }

    /// <summary>Measures a process.</summary>
    /// <param name="processId">The id of the process.</param>
    /// <param name="progress">Receives addresses that the walk has reached.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <returns>An object for each kind and size of folios and each way in which they are mapped; none if the process has no large folios.</returns>
    /// <exception cref="ProcfsException">The process does not exist, exits or has no address space, or the caller may not read it.</exception>
    public IReadOnlyList<ProcessHugePage> Measure(int processId, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default)
    {
        using ProcessAddressSpace process = _procfs.OpenTarget(processId, cancellationToken);
        using HugePageWalk walk = new(_procfs, process, _backingStores);
        HugePageTally total = new();
        foreach ((MemoryMapping mapping, HugePageTally tally) in walk.CountMappings(cancellationToken))
        {
            total.Add(tally);
            progress?.Report(mapping.End);
        }

        HugePageTarget target = CreateTarget(process);
        return [.. total.Groups.Select(group => new ProcessHugePage(target, group.Key, group.Value, total.ResidentPages))];
    }

    /// <summary>Measures each mapping of a process, one after the other.</summary>
    /// <param name="processId">The id of the process.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <returns>The objects of each mapping that has large folios, in ascending order of address.</returns>
    /// <exception cref="ProcfsException">The process does not exist, exits or has no address space, or the caller may not read it.</exception>
    public IEnumerable<MappingHugePage> MeasureMappings(int processId, CancellationToken cancellationToken = default)
    {
        // The process is opened when the first mapping is enumerated.
        using ProcessAddressSpace process = _procfs.OpenTarget(processId, cancellationToken);
        using HugePageWalk walk = new(_procfs, process, _backingStores);
        HugePageTarget target = CreateTarget(process);
        foreach ((MemoryMapping mapping, HugePageTally tally) in walk.CountMappings(cancellationToken))
        {
            foreach ((HugePageGroup group, long pages) in tally.Groups)
            {
                yield return new MappingHugePage(target, mapping, group, pages, tally.ResidentPages);
            }
        }
    }

    private static HugePageTarget CreateTarget(ProcessAddressSpace process) => new(process.ProcessId, process.ProcessName, process.StartTime);
}

/// <summary>Measures one process with one call. For many processes a <see cref="HugePageMeter"/> is faster, because it caches what processes share.</summary>
public static class HugePageMeasurement
{
    /// <inheritdoc cref="HugePageMeter.Measure"/>
    /// <param name="procfs">The machine.</param>
    /// <param name="processId">The id of the process.</param>
    /// <param name="progress">Receives addresses that the walk has reached.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    public static IReadOnlyList<ProcessHugePage> MeasureHugePages(
        this ProcfsContext procfs, int processId, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default) =>
        new HugePageMeter(procfs).Measure(processId, progress, cancellationToken);
}
