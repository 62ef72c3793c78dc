using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>
/// Finds the mappings of page frames in all processes. A few frames are first searched where they probably are: until one mapping of each
/// is found, then at the same address or file offset in the other processes. Where that does not find as many mappings as the kernel
/// counts, and for many frames, all processes are walked, until all mappings are found.
/// </summary>
internal sealed class MappingSearch
{
    // Each frame is probed in each process. A thousand probes take as long as walking 30,000 pages.
    private const int MaxFramesToProbe = 1024;
    private const int MaxMappingsToProbe = 64 * 1024;

    private readonly ProcfsContext _procfs;
    private readonly SearchedFrames _searched;
    private readonly EntryFilter _filter;
    private readonly TargetRunOptions _options;
    private readonly IReadOnlyList<int> _processIds;

    public MappingSearch(ProcfsContext procfs, SearchedFrames searched, EntryFilter filter, TargetRunOptions options)
    {
        _procfs = procfs;
        _searched = searched;
        _filter = filter;
        _options = options;
        _processIds = searched.Frames.Count == 0 ? [] : procfs.Root.GetProcessIds();
    }

    /// <summary>The mappings of each frame that were found, in the order of the set. Processes that share an address space count once.</summary>
    public MappingCounts Counts { get; private set; } = new([]);

    /// <summary>Returns the hits, in order of process and address.</summary>
    public IEnumerable<TargetResult<ProcessHits>> Run(CancellationToken cancellationToken)
    {
        if (_searched.Frames.Count == 0)
        {
            return [];
        }

        bool canProbe = _searched.HasAllCounts && _searched.Frames.Count <= MaxFramesToProbe && _searched.Expected.Sum(count => (long)count) <= MaxMappingsToProbe;
        return (canProbe ? Probe(cancellationToken) : null) ?? Walk(cancellationToken);
    }

    /// <summary>Reads again the hits of a process that has too many to hold.</summary>
    public IEnumerable<IReadOnlyList<Hit>> Enumerate(int processId, CancellationToken cancellationToken)
    {
        ProcessSearch search = new(_procfs, _searched, _filter, new HitBudget());
        return TargetRun.ReadSequence(_procfs.Root, processId, token => search.Enumerate(processId, token), _options, cancellationToken);
    }

    /// <summary>Returns the hits; null if mappings are missing.</summary>
    private List<TargetResult<ProcessHits>>? Probe(CancellationToken cancellationToken)
    {
        ProcessSearch search = new(_procfs, _searched, new EntryFilter(), new HitBudget());
        MappingCounts first = MappingCounts.CreateForFirstMappings(_searched.Frames.Count);
        Dictionary<int, TargetResult<ProcessHits>> results = TargetRun.ReadEach(
                _procfs.Root,
                new SearchOrder(_procfs, _searched.Frames, _options).List(_processIds, cancellationToken),
                (id, token) => search.Search(id, first, () => first.IsComplete, token),
                _options,
                cancellationToken)
            .ToDictionary(result => result.ProcessId);
        IEnumerable<int> rest = results.Values.Where(result => result.Value?.Extent == SearchExtent.Part).Select(result => result.ProcessId).Order();
        ProcessProbe probe = new(_procfs, _searched, new ProbePlan(results.Values.SelectMany(result => result.Value?.Hits ?? [])));
        foreach (TargetResult<ProcessHits> result in TargetRun.ReadEach(_procfs.Root, rest, probe.Probe, _options, cancellationToken))
        {
            results[result.ProcessId] = result;
        }

        Counts = Count([.. results.Values.Select(result => result.Value).OfType<ProcessHits>().Where(process => process.Hits.Count > 0)], cancellationToken);
        return Counts.IsComplete || !first.IsComplete ? [.. results.Values.OrderBy(result => result.ProcessId)] : null;
    }

    private MappingCounts Count(IReadOnlyList<ProcessHits> processes, CancellationToken cancellationToken)
    {
        HashSet<int> followers = processes.Count < 2 ? [] : FindFollowers(processes.Select(process => process.ProcessId), cancellationToken);
        MappingCounts counts = new(_searched.Expected);
        counts.Add([.. processes.Where(process => !followers.Contains(process.ProcessId)).SelectMany(process => process.Hits).Select(hit => _searched.IndexOf(hit.Entry))]);
        return counts;
    }

    private IEnumerable<TargetResult<ProcessHits>> Walk(CancellationToken cancellationToken)
    {
        HitBudget budget = new();
        ProcessSearch search = new(_procfs, _searched, _filter, budget);
        MappingCounts counts = new(_searched.Expected);
        Counts = counts;
        HashSet<int> followers = FindFollowers(_processIds, cancellationToken);
        foreach (TargetResult<ProcessHits> result in TargetRun.ReadEach(
            _procfs.Root,
            _processIds,
            (id, token) => followers.Contains(id) ? search.Search(id, null, () => false, token) : search.Search(id, counts, () => counts.IsComplete, token),
            _options,
            cancellationToken))
        {
            yield return result;
            budget.Release(result.Value?.Hits.Count ?? 0);
        }
    }

    /// <summary>
    /// Finds the processes whose mappings are not counted: those that use the address space of another one with a lower id, and those that
    /// may do so because they cannot be compared.
    /// </summary>
    private HashSet<int> FindFollowers(IEnumerable<int> processIds, CancellationToken cancellationToken)
    {
        SharedAddressSpaces shared = AddressSpaceSharing.FindShared(_procfs.Root, processIds, _options, cancellationToken);
        return [.. shared.Spaces.SelectMany(space => space.Skip(1)), .. shared.Failures.Select(failure => failure.ProcessId!.Value)];
    }
}
