namespace PagemapTools.Procfs.Groups;

/// <summary>What is known of a group so far. Safe to use from several threads.</summary>
/// <param name="pool">The arrays for blocks of page frames.</param>
internal sealed class GroupState(FrameBlockPool pool)
{
    private readonly object _lock = new();
    private readonly List<int> _processIds = [];
    private readonly SortedDictionary<int, string> _names = [];
    private readonly List<ProcfsException> _failures = [];
    private ProcessTally? _tally = new(pool);

    /// <summary>The sums, once all processes have been walked.</summary>
    public GroupTotals? Totals { get; set; }

    /// <summary>Adds a walk, unless it was left behind.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> is cancelled.</exception>
    public void Add(IReadOnlyList<int> processIds, ProcessTally tally, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_tally is not null)
            {
                _tally.Merge(tally);
                _processIds.AddRange(processIds);
                _names.Add(processIds[0], tally.Name!);
            }
        }
    }

    /// <summary>Adds a failure, unless the process was added.</summary>
    public void AddFailure(ProcfsException failure)
    {
        lock (_lock)
        {
            if (failure.ProcessId is not { } id || !_processIds.Contains(id))
            {
                _failures.Add(failure);
            }
        }
    }

    /// <summary>Adds why a figure is unknown. Its process may be in the sums.</summary>
    public void AddFailureOfFigure(ProcfsException failure)
    {
        lock (_lock)
        {
            _failures.Add(failure);
        }
    }

    /// <summary>Takes the sums of the walks. A walk that ends later is not added.</summary>
    public ProcessTally TakeTally()
    {
        lock (_lock)
        {
            ProcessTally tally = _tally ?? throw new InvalidOperationException("The sums were taken before.");
            _tally = null;
            return tally;
        }
    }

    /// <summary>Makes the measurement.</summary>
    public GroupMeasurement ToMeasurement(ProcessGroup group, SwapSlots? sharedSlots)
    {
        lock (_lock)
        {
            string? name = group.IsNamedByProcesses ? ProcessGrouping.JoinNames(_names.Values) : group.Name;
            ProcessGroupUss? uss = _processIds.Count == 0 ? null : Totals!.ToUss(name, [.. _processIds.Order()], sharedSlots);
            return new GroupMeasurement(uss, [.. _failures]);
        }
    }
}
