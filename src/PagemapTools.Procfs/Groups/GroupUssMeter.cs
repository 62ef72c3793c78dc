using PagemapTools.Procfs.Holdings;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Groups;

/// <summary>
/// Measures groups of processes, all in one pass. First it finds out which processes hold which files without a name; then it walks the
/// processes, and compares their references to each page frame with /proc/kpagecount.
/// </summary>
/// <remarks>
/// The memory that a measurement takes is two bytes for each page frame that a process refers to, three where it is of a file, for each
/// processor and each group under way; and one bit for each slot of swap. At worst, with two processors, that is about 2.5 MiB for each
/// GiB of the machine.
/// </remarks>
public sealed class GroupUssMeter
{
    private readonly ProcfsContext _procfs;
    private readonly TargetRunOptions _options;
    private readonly FrameResolver _resolver;

    /// <summary>Creates a meter.</summary>
    /// <param name="procfs">The machine; it stays open.</param>
    /// <param name="options">How long a process may hold up the measurement; null for the defaults.</param>
    /// <exception cref="ProcfsException">The kernel hides page frame numbers or their map counts from the caller, or does not have them.</exception>
    public GroupUssMeter(ProcfsContext procfs, TargetRunOptions? options = null)
    {
        _procfs = procfs;
        _options = options ?? new TargetRunOptions();
        if (procfs.Root.IsProcFileSystem && !(procfs.Capabilities.IsInitialUserNamespace & procfs.Capabilities.Has(Processes.Capability.SysAdmin) ?? true))
        {
            throw CreateHidden();
        }

        _resolver = new FrameResolver(procfs);
    }

    /// <summary>Measures processes as one group.</summary>
    /// <param name="processIds">The processes.</param>
    /// <param name="name">The name of the group; null for the names of its processes.</param>
    /// <param name="progress">Receives the number of processes that have been walked.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">A file of the machine cannot be read. The failure of a process is in the result.</exception>
    public GroupMeasurement Measure(
        IReadOnlyList<int> processIds, string? name = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default) =>
        MeasureGroups([new ProcessGroup(name, processIds) { IsNamedByProcesses = name is null }], progress, cancellationToken)[0];

    /// <summary>Measures groups; each process is walked once.</summary>
    /// <param name="groups">The groups. A process that is in several counts for the first.</param>
    /// <param name="progress">Receives the number of processes that have been walked.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <returns>One measurement for each group, in their order.</returns>
    /// <exception cref="ProcfsException">A file of the machine cannot be read. The failure of a process is in the result of its group.</exception>
    public IReadOnlyList<GroupMeasurement> MeasureGroups(
        IReadOnlyList<ProcessGroup> groups, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        GroupPlan plan = new(_procfs.Root, groups, _options, cancellationToken);
        FileHolders holders = FindHolders(plan, cancellationToken);
        GroupRun run = new(_procfs, groups, plan, holders, _resolver, _options);
        return [.. run.Measure(progress, cancellationToken).Select((measurement, group) => AddFailures(measurement, groups[group].Failures.Concat(plan.Failures[group])))];
    }

    // A process that exited, or that the caller may not read, fails in the walk, too.
    private static GroupMeasurement AddFailures(GroupMeasurement measurement, IEnumerable<ProcfsException> failures)
    {
        HashSet<int?> failed = [.. measurement.Failures.Select(failure => failure.ProcessId)];
        return measurement with { Failures = [.. measurement.Failures, .. failures.Where(failure => !failure.IsExpected && failed.Add(failure.ProcessId))] };
    }

    internal static ProcfsException CreateHidden()
    {
        const string Capability = "CAP_SYS_ADMIN in the initial user namespace";
        return new ProcfsException(
            ProcfsError.KPageAccessDenied,
            $"The kernel hides page frame numbers from this user, so page frames that several processes share cannot be counted once. The caller lacks {Capability}.",
            "/proc/self/pagemap",
            missingCapability: Capability);
    }

    private FileHolders FindHolders(GroupPlan plan, CancellationToken cancellationToken)
    {
        FileHolders holders = new(_procfs.Root);
        HoldingsReader reader = new(_procfs.Root, mapping => mapping.IsFileBacked && mapping.IsDeleted, file => file.Links == 0);
        foreach ((int id, ProcessHoldings? holdings, ProcfsException? failure) in TargetRun.ReadEach(_procfs.Root, plan.AllProcessIds, reader.Read, _options, cancellationToken))
        {
            bool holdsNothing = failure is { Error: ProcfsError.ProcessNotFound or ProcfsError.NoAddressSpace };
            holders.Add(plan.GetGroup(id), holdings ?? (holdsNothing ? ProcessHoldings.None : ProcessHoldings.Unknown));
        }

        return holders;
    }
}
