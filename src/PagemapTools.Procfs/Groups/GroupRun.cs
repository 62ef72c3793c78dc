using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Groups;

/// <summary>One measurement of groups: the walks, and the sums of each group as soon as all its processes have been walked.</summary>
/// <param name="procfs">The machine.</param>
/// <param name="groups">The groups.</param>
/// <param name="plan">The address spaces to walk.</param>
/// <param name="holders">Who holds which file without a name.</param>
/// <param name="resolver">Compares references with map counts.</param>
/// <param name="options">How long a process may hold up the measurement.</param>
internal sealed class GroupRun(
    ProcfsContext procfs, IReadOnlyList<ProcessGroup> groups, GroupPlan plan, FileHolders holders, FrameResolver resolver, TargetRunOptions options)
{
    private readonly FrameBlockPool _pool = new();
    private readonly GroupState?[] _states = new GroupState?[groups.Count];

    /// <summary>Walks all processes and makes the figures of each group.</summary>
    public IReadOnlyList<GroupMeasurement> Measure(IProgress<int>? progress, CancellationToken cancellationToken)
    {
        ProcessWalker walker = new(procfs, holders, _pool);
        Dictionary<int, GroupSpace> spaces = plan.Spaces.ToDictionary(space => space.ProcessIds[0]);
        foreach (GroupSpace space in plan.Spaces)
        {
            _states[space.Group] ??= new GroupState(_pool);
        }

        // Several threads on one process pay only where there are not enough processes.
        int threads = Math.Max(1, Environment.ProcessorCount / Math.Max(1, plan.Spaces.Count));
        int walked = 0;
        int index = 0;
        foreach ((int id, _, ProcfsException? failure) in TargetRun.ReadEach(
            procfs.Root, plan.Spaces.Select(space => space.ProcessIds[0]), (id, token) => Walk(walker, spaces[id], threads, token), options, cancellationToken))
        {
            GroupSpace space = spaces[id];
            if (failure is not null)
            {
                _states[space.Group]!.AddFailure(failure);
            }

            // The results come in the order of the groups, so this was the last of its group if the next one is of another.
            index++;
            if (index == plan.Spaces.Count || plan.Spaces[index].Group != space.Group)
            {
                Sum(space.Group, cancellationToken);
            }

            walked += space.ProcessIds.Count;
            progress?.Report(walked);
        }

        SwapSlots? shared = FindSharedSlots(walker, cancellationToken);
        return [.. _states.Select((state, group) => state is null ? new GroupMeasurement(null, []) : state.ToMeasurement(groups[group], shared))];
    }

    /// <summary>Walks an address space through the first of its processes that can be read, and adds it to the sums of its group.</summary>
    private bool Walk(ProcessWalker walker, GroupSpace space, int threads, CancellationToken cancellationToken)
    {
        GroupState state = _states[space.Group]!;
        List<int> processIds = [.. space.ProcessIds];
        while (true)
        {
            try
            {
                ProcessTally tally = walker.Walk(new GroupMember(processIds[0], space.Group, space.IsHeldElsewhere, groups[space.Group].FindProgram(processIds[0])), threads, cancellationToken);
                state.Add(processIds, tally, cancellationToken);
                return true;
            }
            catch (ProcfsException failure) when (failure.Error == ProcfsError.ProcessNotFound && processIds.Count > 1)
            {
                // Another process of the address space still has it.
                state.AddFailure(failure);
                processIds.RemoveAt(0);
            }
        }
    }

    private void Sum(int group, CancellationToken cancellationToken)
    {
        GroupState state = _states[group]!;
        ProcessTally tally = state.TakeTally();
        FrameTotals frames = resolver.Resolve(tally, Environment.ProcessorCount, cancellationToken);
        tally.Frames.Clear();
        state.Totals = new GroupTotals(
            frames,
            TryRead<FreedFiles>(state, () => FreedFiles.Measure(procfs, holders, group, options, cancellationToken)) ?? new FreedFiles(null, null, null),
            holders.UnexaminedCount,
            tally.Swap,
            TryRead(state, () => SwappedShmem.Count(procfs, tally.ShmemSpans, options, cancellationToken)),
            tally.SawHiddenSwap,
            tally.PageTables,
            tally.FreedPageTables);
    }

    /// <summary>Reads a figure; null after a failure, which leaves the other figures as they are.</summary>
    private static T? TryRead<T>(GroupState state, Func<T?> read)
        where T : struct
    {
        try
        {
            return read();
        }
        catch (ProcfsException failure)
        {
            state.AddFailureOfFigure(failure);
            return null;
        }
    }

    /// <summary>
    /// Finds the slots of swap that more than one group uses, or processes outside of the groups. The kernel has no file of the counts of
    /// slots, so those processes are read for their slots, if a group has any. A process that the caller may not read counts as using none. Null if a read fails otherwise.
    /// </summary>
    private SwapSlots? FindSharedSlots(ProcessWalker walker, CancellationToken cancellationToken)
    {
        SwapSlots seen = new();
        SwapSlots shared = new();
        foreach (SwapSlots slots in _states.Select(state => state?.Totals?.Swap).OfType<SwapSlots>())
        {
            shared.UnionWithIntersection(seen, slots);
            seen.UnionWith(slots);
        }

        if (seen.IsEmpty)
        {
            return shared;
        }

        bool isComplete = true;
        IEnumerable<int> outside = plan.AllProcessIds.Where(id => plan.GetGroup(id) == HeldFile.Outside);
        foreach ((_, SwapSlots? slots, ProcfsException? failure) in TargetRun.ReadEach(procfs.Root, outside, walker.ReadSwap, options, cancellationToken))
        {
            isComplete &= failure is null or { IsExpected: true };
            shared.UnionWith(slots ?? new SwapSlots());
        }

        return isComplete ? shared : null;
    }
}
