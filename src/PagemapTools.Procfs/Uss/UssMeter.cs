using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Uss;

/// <summary>
/// Measures processes by one method, each in two phases. The first phase examines the files of the mappings for what pagemap entries do
/// not show, the second walks the entries. Safe to use from several threads.
/// </summary>
public sealed class UssMeter
{
    // One array for a process with many mappings would be a large object, and cost a full garbage collection with each measurement.
    private const int PartsPerChunk = 1024;

    private readonly ProcfsContext _procfs;
    private readonly PageIndexedFile? _kpagecount;
    private readonly bool _arePfnSwapEntriesPrivate;
    private readonly MapCountCache _mapCounts = new(TimeProvider.System);
    private readonly BackingStoreCache _backingStores = new();

    /// <summary>Creates a meter.</summary>
    /// <param name="procfs">The machine; it stays open.</param>
    /// <param name="method">How the pages that belong to a process alone are found.</param>
    /// <exception cref="ProcfsException">The method is MapCount, and the caller may not read /proc/kpagecount or the kernel does not have it.</exception>
    public UssMeter(ProcfsContext procfs, UssMethod method = UssMethod.Exclusive)
    {
        _procfs = procfs;
        Method = method;

        // Since Linux 6.11 smaps counts PFN swap entries as shared (fs/proc/task_mmu.c, smaps_account).
        _arePfnSwapEntriesPrivate = procfs.KernelRelease.IsBefore(6, 11);

        // The method Exclusive works without map counts. It uses them to distinguish the zero page from memory that a fork shares.
        _kpagecount = method == UssMethod.Exclusive ? procfs.Frames.TryGet(FrameProperties.MapCount) : procfs.Frames.Get(FrameProperties.MapCount);
    }

    /// <summary>The method of the measurements.</summary>
    public UssMethod Method { get; }

    /// <summary>Measures a process.</summary>
    /// <param name="processId">The id of the process.</param>
    /// <param name="mappings">Selects the mappings to measure; null for all.</param>
    /// <param name="threads">The number of threads that walk the process; null for one per processor.</param>
    /// <param name="progress">Receives addresses that the walk has reached, on the threads that walk.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">The process does not exist, exits or has no address space, or the caller may not read it.</exception>
    public ProcessUss Measure(
        int processId, Func<MemoryMapping, bool>? mappings = null, int? threads = null, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return MeasureProcess(processId, mappings, threads, progress, cancellationToken);
        }
        catch (ProcfsException failure) when (failure is { ProcessId: null, IsExhaustion: true })
        {
            throw failure.ForProcess(processId);
        }
    }

    /// <summary>Measures each mapping of a process, one after the other.</summary>
    /// <param name="processId">The id of the process.</param>
    /// <param name="mappings">Selects the mappings to measure; null for all.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">The process does not exist, exits or has no address space, or the caller may not read it.</exception>
    public IEnumerable<MappingUss> MeasureMappings(int processId, Func<MemoryMapping, bool>? mappings = null, CancellationToken cancellationToken = default)
    {
        using ProcessAddressSpace process = _procfs.OpenProcess(processId);
        using SharedMemoryCorrection correction = CreateCorrection(process);
        foreach (MappingPart part in MappingParts.Enumerate(process, new PageWalkOptions { Mappings = mappings }))
        {
            UssAccumulator total = default;
            correction.Accumulate(part.Mapping, ref total, cancellationToken);
            Walk(process, [part], correction, ref total, progress: null, cancellationToken);
            yield return new MappingUss(part.Mapping, Method, total);
        }
    }

    private ProcessUss MeasureProcess(int processId, Func<MemoryMapping, bool>? mappings, int? threads, IProgress<ulong>? progress, CancellationToken cancellationToken)
    {
        using ProcessAddressSpace process = _procfs.OpenProcess(processId);
        using SharedMemoryCorrection correction = CreateCorrection(process);
        List<MappingPart[]> parts = [];
        UssAccumulator total = default;
        foreach (MappingPart[] chunk in MappingParts.Enumerate(process, new PageWalkOptions { Mappings = mappings }).Chunk(PartsPerChunk))
        {
            cancellationToken.ThrowIfCancellationRequested();
            parts.Add(chunk);
            Array.ForEach(chunk, part => correction.Accumulate(part.Mapping, ref total, cancellationToken));
        }

        WorkQueue queue = new(parts.SelectMany(chunk => chunk));
        object totalLock = new();
        ParallelRunner.Run(threads ?? Environment.ProcessorCount, _ =>
        {
            UssAccumulator subtotal = default;
            Walk(process, queue.DequeueAll(), correction, ref subtotal, progress, cancellationToken);
            lock (totalLock)
            {
                total.Add(subtotal);
            }
        }, cancellationToken);
        return new ProcessUss(processId, process.ProcessName, Method, total);
    }

    private void Walk(
        ProcessAddressSpace process, IEnumerable<MappingPart> parts, SharedMemoryCorrection correction, ref UssAccumulator total,
        IProgress<ulong>? progress, CancellationToken cancellationToken)
    {
        using IUssCounter counter = CreateCounter(process);
        using PageWalk walk = new(process, parts);
        while (walk.MoveNext(cancellationToken))
        {
            progress?.Report(walk.Address);
            if (correction.IsHugetlb(walk.Mapping))
            {
                total.CountHugetlb(walk.Entries, isExclusiveBitValid: !correction.MayUseSharedPmd(walk.Mapping));
            }
            else
            {
                counter.Count(walk.Mapping, walk.Address, walk.Entries, ref total);
            }
        }
    }

    private SharedMemoryCorrection CreateCorrection(ProcessAddressSpace process) =>
        new(process, new BackingStoreResolver(process, _backingStores), _procfs.KernelRelease, _procfs.Capabilities);

    private IUssCounter CreateCounter(ProcessAddressSpace process)
    {
        MapCountReader? mapCounts = _kpagecount is null ? null : new MapCountReader(_kpagecount, _procfs.Frames.UntrackedSections, _mapCounts);
        return Method == UssMethod.MapCount
            ? new MapCountCounter(mapCounts!, _procfs.SwapTypes, _arePfnSwapEntriesPrivate)
            : new ExclusiveCounter(process.Pagemap, mapCounts, _procfs.SwapTypes, _arePfnSwapEntriesPrivate);
    }
}

/// <summary>Counts runs of pagemap entries of pages that are not hugetlb pages. Each thread has its own counter.</summary>
internal interface IUssCounter : IDisposable
{
    /// <summary>Adds a run of entries of one mapping to <paramref name="total"/>.</summary>
    void Count(MemoryMapping mapping, ulong address, ReadOnlySpan<ulong> entries, ref UssAccumulator total);
}
