using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Uss;

/// <summary>Measures processes by one method, or by the one that suits each process. Safe to use from several threads.</summary>
public sealed class UssMeter
{
    /// <summary>
    /// The bytes resident up to which the method Auto reads smaps_rollup. While that file of a process with 4 GiB is read, mmap and munmap of
    /// the process wait 40 ms (99th percentile), because the kernel holds its memory map; a walk makes them wait 3 to 6 ms. For 1 GiB
    /// that is 10 ms.
    /// </summary>
    public const long MaxRollupBytes = 1L << 30;

    private readonly ProcfsContext _procfs;
    private readonly RollupMeter _rollup;
    private readonly Lazy<UssWalk> _walk;
    private readonly Lazy<bool> _seesFrames;

    /// <summary>Creates a meter.</summary>
    /// <param name="procfs">The machine; it stays open.</param>
    /// <param name="method">How the pages that belong to a process alone are found.</param>
    /// <exception cref="ProcfsException">The method is MapCount, and the caller may not read /proc/kpagecount or the kernel does not have it.</exception>
    public UssMeter(ProcfsContext procfs, UssMethod method = UssMethod.Auto)
    {
        _procfs = procfs;
        Method = method;
        _rollup = new RollupMeter(procfs);
        _walk = new(() => new UssWalk(procfs, method == UssMethod.MapCount ? method : UssMethod.Exclusive), LazyThreadSafetyMode.PublicationOnly);
        _seesFrames = new(SeesFrames, LazyThreadSafetyMode.PublicationOnly);
        if (method == UssMethod.MapCount)
        {
            procfs.Frames.Get(FrameProperties.MapCount);
        }
    }

    /// <summary>The method of the measurements.</summary>
    public UssMethod Method { get; }

    // Resident bytes above which a summary is not read.
    private long MaxResident => Method == UssMethod.Auto && _seesFrames.Value ? MaxRollupBytes : long.MaxValue;

    /// <summary>Measures a process.</summary>
    /// <param name="processId">The id of the process.</param>
    /// <param name="mappings">Selects the mappings to measure; null for all.</param>
    /// <param name="threads">The number of threads that walk the process; null for one per processor. A summary is read on one thread.</param>
    /// <param name="progress">Receives addresses that the walk has reached, on the threads that walk.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">The process does not exist, exits or has no address space, or the caller or this kernel cannot read it.</exception>
    public ProcessUss Measure(
        int processId, Func<MemoryMapping, bool>? mappings = null, int? threads = null, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default) =>
        NameProcess(
            () => Summarize(() => _rollup.Measure(processId, mappings, MaxResident, cancellationToken))
                ?? _walk.Value.Measure(processId, mappings, threads, progress, cancellationToken),
            processId);

    /// <summary>Measures each mapping of a process, one after the other.</summary>
    /// <param name="processId">The id of the process.</param>
    /// <param name="mappings">Selects the mappings to measure; null for all.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">The process does not exist, exits or has no address space, or the caller or this kernel cannot read it.</exception>
    public IEnumerable<MappingUss> MeasureMappings(int processId, Func<MemoryMapping, bool>? mappings = null, CancellationToken cancellationToken = default)
    {
        // The process is opened when the first mapping is enumerated.
        using IEnumerator<MappingUss> items = NameProcess(
            () => (Summarize(() => _rollup.MeasureMappings(processId, mappings, MaxResident, cancellationToken))
                ?? _walk.Value.MeasureMappings(processId, mappings, cancellationToken)).GetEnumerator(),
            processId);
        Func<bool> moveNext = items.MoveNext;
        while (NameProcess(moveNext, processId))
        {
            yield return items.Current;
        }
    }

    // If the machine lacks descriptors or memory, a file of the whole machine may fail while one process is read.
    private static T NameProcess<T>(Func<T> read, int processId)
    {
        try
        {
            return read();
        }
        catch (ProcfsException failure) when (failure is { ProcessId: null, IsExhaustion: true })
        {
            throw failure.ForProcess(processId);
        }
    }

    /// <summary>Measures the part of a process on each NUMA node, by a walk of its pages.</summary>
    /// <param name="processId">The id of the process.</param>
    /// <param name="mappings">Selects the mappings to measure; null for all.</param>
    /// <param name="progress">Receives addresses that the walk has reached.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <returns>One object for each node on which the process has memory, in the order of the nodes.</returns>
    /// <exception cref="ProcfsException">The kernel hides page frame numbers; or the process does not exist, exits or has no address space, or the caller or this kernel cannot read it.</exception>
    public IReadOnlyList<NodeUss> MeasureNodes(
        int processId, Func<MemoryMapping, bool>? mappings = null, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default) =>
        _walk.Value.MeasureNodes(processId, mappings, progress, cancellationToken);

    /// <summary>Reads the kernel's summary; null if the method or the process requires a walk, or if there is no summary.</summary>
    private T? Summarize<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return Method is UssMethod.Auto or UssMethod.Rollup ? read() : null;
        }
        catch (ProcfsException failure) when (Method == UssMethod.Auto && failure.Error == ProcfsError.PagemapNotAvailable)
        {
            // A saved tree may have pagemap without smaps. If it has neither, the walk names what is missing.
            return null;
        }
    }

    // The walk has Pss only if the caller sees page frame numbers and map counts (fs/proc/task_mmu.c, pagemap_open).
    private bool SeesFrames() => _procfs.Root.IsProcFileSystem
        && (_procfs.Capabilities.Has(Capability.SysAdmin) & _procfs.Capabilities.IsInitialUserNamespace) == true
        && _procfs.Frames.TryGet(FrameProperties.MapCount) is not null;
}
