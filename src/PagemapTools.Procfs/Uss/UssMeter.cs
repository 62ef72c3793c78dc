using System.Collections.Concurrent;

namespace PagemapTools.Procfs;

/// <summary>
/// Measures processes by one method, each in two phases: the first examines the files behind the mappings for what pagemap entries do
/// not tell, the second walks the entries. Safe to use from several threads, each on its own process.
/// </summary>
public sealed class UssMeter : IDisposable
{
    private readonly ProcRoot _root;
    private readonly KPageFiles _files;
    private readonly PageEntryFile? _kpagecount;
    private readonly BlindFrames _blind;
    private readonly SwapTypes _swapTypes;
    private readonly Version? _release;
    private readonly CallerRights _caller = CallerRights.Current;
    private readonly bool _arePfnSwapEntriesPrivate;
    private readonly MapCountCache _mapCounts = new(TimeProvider.System);
    private readonly ConcurrentDictionary<(uint, uint, ulong), BackingStore> _backingStores = new();

    /// <summary>Creates a meter.</summary>
    /// <exception cref="ProcfsException">The method is MapCount, and /proc/kpagecount cannot be read.</exception>
    public UssMeter(ProcRoot root, UssMethod method)
    {
        _root = root;
        Method = method;
        _files = new KPageFiles(root);
        _blind = _files.Blind;
        _swapTypes = SwapTypes.Read(root);
        _release = KernelRelease.TryParse(KernelRelease.Current, out Version release) ? release : null;

        // Since Linux 6.11 smaps counts PFN swap entries as shared (fs/proc/task_mmu.c, smaps_account).
        _arePfnSwapEntriesPrivate = _release is not null && _release < new Version(6, 11);

        // The method Exclusive works without map counts. They only tell the zero page from memory that a fork shares.
        _kpagecount = method == UssMethod.Exclusive ? _files.TryOf(KPageFields.MapCount) : _files.Of(KPageFields.MapCount);
    }

    /// <summary>The method.</summary>
    public UssMethod Method { get; }

    /// <summary>Measures a process.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="mappings">Which mappings count; null for all.</param>
    /// <param name="threads">How many threads may walk the process at the same time.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <param name="progress">Called with each address that is reached, from the threads that walk; null if there is no need.</param>
    /// <exception cref="ProcfsException">The process has exited, has no address space, or may not be read.</exception>
    public ProcessUss Measure(int processId, Func<MemoryMapping, bool>? mappings, int threads, CancellationToken cancellationToken, Action<ulong>? progress = null)
    {
        using ProcessMemory process = ProcessMemory.Open(_root, processId, _swapTypes);
        using SharedMemoryCorrection correction = CreateCorrection(process);
        List<WalkPart> parts = [];
        foreach (WalkPart part in WalkParts.Of(process, new PageWalkOptions { Mappings = mappings }))
        {
            cancellationToken.ThrowIfCancellationRequested();
            parts.Add(part);
        }

        UssAccumulator total = default;
        parts.ForEach(part => correction.Accumulate(part.Mapping, ref total, cancellationToken));
        WorkQueue queue = new(parts);
        object gate = new();
        ParallelRunner.Run(threads, _ =>
        {
            UssAccumulator walked = default;
            Walk(process, queue.DequeueAll(), correction, ref walked, progress, cancellationToken);
            lock (gate)
            {
                total.Add(walked);
            }
        }, cancellationToken);
        return new ProcessUss(processId, process.ProcessName, Method, total);
    }

    /// <summary>Measures each mapping of a process, one after the other.</summary>
    /// <inheritdoc cref="Measure" path="/param"/>
    /// <exception cref="ProcfsException">The process has exited, has no address space, or may not be read.</exception>
    public IEnumerable<MappingUss> MeasureMappings(int processId, Func<MemoryMapping, bool>? mappings, CancellationToken cancellationToken)
    {
        using ProcessMemory process = ProcessMemory.Open(_root, processId, _swapTypes);
        using SharedMemoryCorrection correction = CreateCorrection(process);
        foreach (WalkPart part in WalkParts.Of(process, new PageWalkOptions { Mappings = mappings }))
        {
            UssAccumulator total = default;
            correction.Accumulate(part.Mapping, ref total, cancellationToken);
            Walk(process, [part], correction, ref total, progress: null, cancellationToken);
            yield return new MappingUss(part.Mapping, Method, total);
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => _files.Dispose();

    private void Walk(
        ProcessMemory process, IEnumerable<WalkPart> parts, SharedMemoryCorrection correction, ref UssAccumulator total,
        Action<ulong>? progress, CancellationToken cancellationToken)
    {
        using IUssCounter counter = CreateCounter(process);
        using PageWalk walk = new(process, parts);
        while (walk.MoveNext(cancellationToken))
        {
            progress?.Invoke(walk.Address);
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

    private SharedMemoryCorrection CreateCorrection(ProcessMemory process) =>
        new(process, new BackingStoreResolver(process, _backingStores), _swapTypes, _release, _caller);

    private IUssCounter CreateCounter(ProcessMemory process)
    {
        MapCountReader? mapCounts = _kpagecount is null ? null : new MapCountReader(_kpagecount, _blind, _mapCounts);
        return Method == UssMethod.MapCount
            ? new MapCountCounter(mapCounts!, _swapTypes, _arePfnSwapEntriesPrivate)
            : new ExclusiveCounter(process.Pagemap, mapCounts, _swapTypes, _arePfnSwapEntriesPrivate);
    }
}

/// <summary>Counts runs of pagemap entries, none of them of hugetlb pages. Each thread has one of its own.</summary>
internal interface IUssCounter : IDisposable
{
    /// <summary>Adds a run of entries of one mapping.</summary>
    void Count(MemoryMapping mapping, ulong address, ReadOnlySpan<ulong> entries, ref UssAccumulator total);
}
