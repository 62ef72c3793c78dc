using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Groups;

/// <summary>An address space to walk.</summary>
/// <param name="Group">The index of its group.</param>
/// <param name="ProcessIds">The processes of the group that use it, in ascending order.</param>
/// <param name="IsHeldElsewhere">Whether a process outside of the group uses it, too.</param>
internal sealed record GroupSpace(int Group, IReadOnlyList<int> ProcessIds, bool IsHeldElsewhere);

/// <summary>Which processes are in which group, and which of them use one address space.</summary>
internal sealed class GroupPlan
{
    private readonly Dictionary<int, int> _groups = [];

    /// <summary>Makes the plan for groups.</summary>
    /// <param name="root">The proc tree.</param>
    /// <param name="groups">The groups. A process that is in several counts for the first.</param>
    /// <param name="options">How long a process may hold up the comparison of address spaces.</param>
    /// <param name="cancellationToken">Cancels that comparison.</param>
    public GroupPlan(ProcRoot root, IReadOnlyList<ProcessGroup> groups, TargetRunOptions options, CancellationToken cancellationToken)
    {
        for (int group = 0; group < groups.Count; group++)
        {
            foreach (int id in groups[group].ProcessIds)
            {
                _groups.TryAdd(id, group);
            }
        }

        AllProcessIds = [.. root.GetProcessIds().Union(_groups.Keys)];
        SharedAddressSpaces shared = AddressSpaceSharing.FindShared(root, AllProcessIds, options, cancellationToken);
        Spaces = CreateSpaces(shared.Spaces);
        Failures = shared.Failures.ToLookup(failure => GetGroup(failure.ProcessId!.Value));
    }

    /// <summary>All processes of the machine.</summary>
    public IReadOnlyList<int> AllProcessIds { get; }

    /// <summary>The address spaces to walk, in the order of their groups.</summary>
    public IReadOnlyList<GroupSpace> Spaces { get; }

    /// <summary>Why the address spaces of processes, by their group, could not be compared with those of others.</summary>
    public ILookup<int, ProcfsException> Failures { get; }

    /// <summary>Gets the group of a process, or <see cref="HeldFile.Outside"/>.</summary>
    public int GetGroup(int processId) => _groups.GetValueOrDefault(processId, HeldFile.Outside);

    private List<GroupSpace> CreateSpaces(IReadOnlyList<IReadOnlyList<int>> shared)
    {
        List<GroupSpace> spaces = [];
        HashSet<int> placed = [];
        foreach (IReadOnlyList<int> users in shared)
        {
            placed.UnionWith(users);
            IGrouping<int, int>[] byGroup = [.. users.GroupBy(GetGroup)];
            spaces.AddRange(byGroup.Where(users => users.Key != HeldFile.Outside)
                .Select(users => new GroupSpace(users.Key, [.. users], IsHeldElsewhere: byGroup.Length > 1)));
        }

        spaces.AddRange(_groups.Where(member => !placed.Contains(member.Key)).Select(member => new GroupSpace(member.Value, [member.Key], IsHeldElsewhere: false)));
        return [.. spaces.OrderBy(space => space.Group).ThenBy(space => space.ProcessIds[0])];
    }
}
