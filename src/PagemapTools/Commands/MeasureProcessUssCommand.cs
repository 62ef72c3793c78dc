using System.Management.Automation;
using PagemapTools.Completion;

namespace PagemapTools.Commands;

/// <summary>Measures the memory that belongs to processes alone (USS), with PSS, RSS and swap; once or repeatedly.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "ProcessUss", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ProcessUss), typeof(MappingUss), typeof(NodeUss), typeof(ProcessGroupUss))]
public sealed class MeasureProcessUssCommand : SampledProcessCommand
{
    private readonly UssSampler _sampler = new();
    private readonly GroupUssSampler _groupSampler = new();
    private GroupUssMeter? _groupMeter;
    private UssMeter? _meter;
    private MappingFilter? _mappings;

    /// <summary>How the cmdlet decides which pages belong to the process alone.</summary>
    [Parameter]
    [VisibleArgument(typeof(UssMethod))]
    public UssMethod Method { get; set; } = UssMethod.Auto;

    /// <summary>Measures each mapping separately.</summary>
    [Parameter]
    public SwitchParameter ByMapping { get; set; }

    /// <summary>Only these mappings, by path, by the name of the file, or by the kernel's name, such as [heap]; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateWildcards(MatchMappings = true)]
    [ArgumentCompleter(typeof(MappingCompleter))]
    public string[] Mapping { get; set => field = value ?? []; } = [];

    /// <summary>Only the mappings with exactly these names, as the property Name of the mapping has them.</summary>
    [Parameter]
    public string[] LiteralMapping { get; set => field = value ?? []; } = [];

    /// <summary>Measures all targets as one: what they use together, and what is freed when all of them end.</summary>
    [Parameter]
    public SwitchParameter Together { get; set; }

    /// <summary>Measures groups of targets: those with the same name, memory cgroup or user.</summary>
    [Parameter]
    [VisibleArgument(typeof(ProcessGroupKey))]
    public ProcessGroupKey GroupBy { get; set; }

    /// <summary>Measures the part of each process on each NUMA node.</summary>
    [Parameter]
    public SwitchParameter ByNode { get; set; }

    private protected override bool StreamsTargets => !MeasuresGroups;

    private bool MeasuresGroups => Together || MyInvocation.BoundParameters.ContainsKey(nameof(GroupBy));

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _mappings = MappingFilter.Create(Mapping, LiteralMapping);
        if (MeasuresGroups)
        {
            if (GroupMeasurements.FindConflict(MyInvocation.BoundParameters) is { } conflict)
            {
                ThrowTerminatingError(conflict);
            }

            TryRead(() => new GroupUssMeter(Procfs, CreateRunOptions()), out _groupMeter);
        }
        else if (ByNode && (ByMapping || Method == UssMethod.Rollup))
        {
            ThrowTerminatingError(PagemapErrors.NodeOfMappings());
        }
        else
        {
            TryRead(() => new UssMeter(Procfs, Method), out _meter);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        base.EndProcessing();
        WarnOfUnmatched(_mappings);
    }

    private protected override void BeginSample(DateTime timestamp)
    {
        _sampler.BeginSample(timestamp);
        _groupSampler.BeginSample(timestamp);
    }

    private protected override void WriteSample(IReadOnlyList<int> targets)
    {
        if (MeasuresGroups)
        {
            WriteGroups(targets);
            return;
        }

        WorkProgress progress = WorkProgress.ForMeasurement(this);
        int done = 0;
        foreach (MeasureResult result in Guard(ByMapping ? targets.SelectMany(MeasureMappings) : ByNode ? MeasureNodes(targets) : MeasureProcesses(targets, progress)))
        {
            if (result.Uss is { } uss)
            {
                Write(uss);
            }
            else
            {
                ReportTarget(result.Failure!);
            }

            done++;
            progress.Show(() => ByMapping ? $"{done} mappings" : ByNode ? $"{done} parts of processes" : $"{done} of {targets.Count}", ByMapping || ByNode ? null : done / (double)targets.Count);
        }

        progress.Complete();
    }

    private void WriteGroups(IReadOnlyList<int> targets)
    {
        WorkProgress progress = WorkProgress.ForMeasurement(this);
        if (!TryRead(() => MeasureGroups(targets, progress.ForItems(targets.Count)), out IReadOnlyList<GroupMeasurement> groups))
        {
            return;
        }

        progress.Complete();
        foreach (GroupMeasurement group in groups)
        {
            foreach (ProcfsException failure in group.Failures)
            {
                ReportTarget(failure);
            }

            if (group.Uss is { } uss)
            {
                WriteObject(_groupSampler.Add(uss, isOnlyGroup: Together));
                GroupMeasurements.FindWarnings(uss).ForEach(WarnOnce);
            }
        }
    }

    private IReadOnlyList<GroupMeasurement> MeasureGroups(IReadOnlyList<int> targets, IProgress<int> progress) => Together
        ? [_groupMeter!.Measure(targets, name: null, progress, CancellationToken)]
        : _groupMeter!.MeasureGroups(Procfs.GroupProcesses(GroupBy, SelectsAllProcesses ? null : targets, CreateRunOptions(), CancellationToken), progress, CancellationToken);

    private void Write(ProcessUss uss)
    {
        if (!ByMapping && _mappings?.TakeMatch(uss.ProcessId) == false)
        {
            WriteVerbose($"Process {uss.ProcessId} ({uss.ProcessName}) has no mapping {_mappings}.");
            return;
        }

        WriteObject(_sampler.Add(uss));
        WarnIfHidden(uss);
    }

    private IEnumerable<MeasureResult> MeasureProcesses(IReadOnlyList<int> targets, WorkProgress progress)
    {
        // One process is walked on all processors; of several, each is walked on one.
        (WorkProgress? position, int? threads) = targets.Count == 1 ? (progress, (int?)null) : (null, 1);
        return TargetRun.ReadEach(Root, targets, (id, token) => _meter!.Measure(id, _mappings is null ? null : _mappings.IsMatch, threads, position, token), CreateRunOptions(position), CancellationToken)
            .Select(result => new MeasureResult(result.Value, result.Failure));
    }

    private IEnumerable<MeasureResult> MeasureNodes(IReadOnlyList<int> targets) => TargetRun
        .ReadEach(Root, targets, (id, token) => _meter!.MeasureNodes(id, _mappings is null ? null : _mappings.IsMatch, cancellationToken: token), CreateRunOptions(), CancellationToken)
        .SelectMany(result => result.Value?.Select(uss => new MeasureResult(uss, null)) ?? [new MeasureResult(null, result.Failure)]);

    private IEnumerable<MeasureResult> MeasureMappings(int id)
    {
        using IEnumerator<MappingUss> mappings = TargetRun.ReadSequence(
            Root, id, token => _meter!.MeasureMappings(id, _mappings is null ? null : _mappings.IsMatch, token), CreateRunOptions(), CancellationToken).GetEnumerator();
        for (MeasureResult? result = TryNext(mappings); result is not null; result = TryNext(mappings))
        {
            yield return result.Value;
        }
    }

    // After a failure the enumeration has ended.
    private static MeasureResult? TryNext(IEnumerator<MappingUss> mappings)
    {
        try
        {
            return mappings.MoveNext() ? new MeasureResult(mappings.Current, null) : null;
        }
        catch (ProcfsException failure)
        {
            return new MeasureResult(null, failure);
        }
    }

    private void WarnIfHidden(ProcessUss uss)
    {
        if (uss.Uss is null)
        {
            Warn(ReadWarnings.HiddenPageFrames);
        }
        else if (uss.Rss is null)
        {
            WarnOnce("Rss and Shared are null where the zero page cannot be identified. This needs CAP_SYS_ADMIN in the initial user namespace, or Linux 6.7.");
        }

        if (uss is { Method: UssMethod.MapCount, Uss: not null, Pss: null })
        {
            WarnOnce("Pss is null for processes with shared pages in memory that the kernel does not track: /proc/kpagecount has no map counts for it.");
        }

        if (uss is { Swap: null } and not NodeUss)
        {
            WarnOnce("Swap is null where the kernel hides swap entries. CAP_SYS_ADMIN in the initial user namespace is missing.");
        }
    }

    /// <summary>The figures of one target, or the failure.</summary>
    private readonly record struct MeasureResult(ProcessUss? Uss, ProcfsException? Failure);
}
