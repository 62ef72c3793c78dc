using System.Collections.Concurrent;

namespace PagemapTools.Procfs;

/// <summary>Measures processes by one method. Safe to use from several threads, each on its own process.</summary>
public sealed class UssMeter
{
    private readonly ProcfsContext _procfs;
    private readonly PageEntryFile? _kpagecount;
    private readonly UntrackedSections _untracked;
    private readonly RecentCounts _recentCounts = new(TimeProvider.System);
    private readonly ConcurrentDictionary<(uint, uint, ulong), FileStore> _askedFiles = new();

    /// <summary>Creates a meter.</summary>
    /// <exception cref="ProcfsException">The method is MapCount, and /proc/kpagecount cannot be read.</exception>
    public UssMeter(ProcfsContext procfs, UssMethod method = UssMethod.Exclusive)
    {
        _procfs = procfs;
        Method = method;
        _untracked = procfs.Frames.UntrackedSections;

        // Exclusive does not need the counts; only the zero page cannot be told from memory that a fork shares without them.
        _kpagecount = method == UssMethod.Exclusive ? procfs.Frames.TryGet(KPageFields.MapCount) : procfs.Frames.Get(KPageFields.MapCount);
    }

    /// <summary>The method.</summary>
    public UssMethod Method { get; }

    /// <summary>Measures a process.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="mappings">Which mappings count; null for all.</param>
    /// <param name="threads">How many threads may walk it at the same time; null for one per processor.</param>
    /// <param name="progress">Receives each address that is reached, on the threads that walk.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">The process has gone, has no address space, or may not be read.</exception>
    public ProcessUss Measure(int processId, Func<MemoryMapping, bool>? mappings = null, int? threads = null, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default)
    {
        CancellationToken stop = cancellationToken;
        using ProcessMemory process = _procfs.OpenProcess(processId);
        MemoryFileSystems fileSystems = new(process, _askedFiles);
        SmapsFigures smaps = new(process);
        using UntoldFigures untold = new(process, fileSystems, smaps);
        IEnumerable<WalkPart> parts = untold.Watch(WalkParts.Of(process, new PageWalkOptions { Mappings = mappings }), stop).Sliced();
        UssTally tally = threads is null or > 1
            ? CountTogether(process, fileSystems, new SharedParts(parts), threads ?? Environment.ProcessorCount, progress, stop)
            : CountAll(process, fileSystems, parts, progress, stop);
        untold.AddTo(ref tally);
        return new ProcessUss(processId, process.ProcessName, Method, tally);
    }

    /// <summary>Measures each mapping of a process, one after the other.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="mappings">Which mappings are measured; null for all.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">The process has gone, has no address space, or may not be read.</exception>
    public IEnumerable<MappingUss> MeasureMappings(int processId, Func<MemoryMapping, bool>? mappings = null, CancellationToken cancellationToken = default)
    {
        CancellationToken stop = cancellationToken;
        using ProcessMemory process = _procfs.OpenProcess(processId);
        MemoryFileSystems fileSystems = new(process, _askedFiles);
        SmapsFigures smaps = new(process);
        using UssCounter counter = CreateCounter(process, fileSystems);
        foreach (WalkPart part in WalkParts.Of(process, new PageWalkOptions { Mappings = mappings }))
        {
            UssTally tally = default;
            using UntoldFigures untold = new(process, fileSystems, smaps);
            using PageWalk walk = new(process, untold.Watch([part], stop));
            while (walk.MoveNext(stop))
            {
                counter.Count(walk.Mapping, walk.Address, walk.Entries, ref tally);
            }

            untold.AddTo(ref tally);
            yield return new MappingUss(part.Mapping, Method, tally);
        }
    }

    private UssTally CountAll(ProcessMemory process, MemoryFileSystems fileSystems, IEnumerable<WalkPart> parts, IProgress<ulong>? progress, CancellationToken stop)
    {
        UssTally tally = default;
        using UssCounter counter = CreateCounter(process, fileSystems);
        using PageWalk walk = new(process, parts);
        while (walk.MoveNext(stop))
        {
            progress?.Report(walk.Address);
            counter.Count(walk.Mapping, walk.Address, walk.Entries, ref tally);
        }

        return tally;
    }

    /// <summary>Several walks take their parts from one source; the kernel lets readers of a process in side by side.</summary>
    private UssTally CountTogether(ProcessMemory process, MemoryFileSystems fileSystems, SharedParts parts, int threads, IProgress<ulong>? progress, CancellationToken stop)
    {
        UssTally total = default;
        object gate = new();
        try
        {
            SideBySide.Run(threads, _ =>
            {
                UssTally tally = CountAll(process, fileSystems, parts, progress, stop);
                lock (gate)
                {
                    total.Add(tally);
                }
            }, stop);
        }
        finally
        {
            parts.End();
        }

        return total;
    }

    private UssCounter CreateCounter(ProcessMemory process, MemoryFileSystems fileSystems)
    {
        MapCounts? counts = _kpagecount is null ? null : new MapCounts(_kpagecount, _untracked, _recentCounts);
        return Method == UssMethod.MapCount
            ? new MapCountCounter(process, fileSystems.IsHugetlb, counts!)
            : new ExclusiveCounter(process, fileSystems.IsHugetlb, counts);
    }
}
