using System.Diagnostics;
using System.Management.Automation;
using PagemapTools.Completion;

namespace PagemapTools.Commands;

/// <summary>Measures the memory that belongs to processes alone (USS), with PSS, RSS and swap.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "ProcessUss", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ProcessUss), typeof(MappingUss))]
public sealed class MeasureProcessUssCommand : ProcessTargetCommand
{
    private readonly List<int> _targets = [];
    private UssMeter? _meter;
    private Func<MemoryMapping, bool>? _mappings;

    /// <summary>The names of the processes; wildcards are allowed. The default is all processes that the caller may read.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [Alias("ProcessName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ValidateWildcards]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The processes, as Get-Process returns them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    public Process[] InputObject { get; set; } = [];

    /// <summary>How the cmdlet decides which pages belong to the process alone.</summary>
    [Parameter]
    public UssMethod Method { get; set; } = UssMethod.Exclusive;

    /// <summary>Measures each mapping separately.</summary>
    [Parameter]
    public SwitchParameter ByMapping { get; set; }

    /// <summary>Only these mappings, by path or by the kernel's name, such as [heap]; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateWildcards(MatchMappings = true)]
    [ArgumentCompleter(typeof(MappingCompleter))]
    public string[] Mapping { get; set => field = value ?? []; } = [];

    private protected override string[] Names => Name;

    private protected override Process[] Processes => InputObject;

    private bool MeasuresAllProcesses => ParameterSetName == NameSet && Name.Length == 0;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _mappings = MappingPatterns.ToFilter(Mapping);
        TryRead(() => new UssMeter(Procfs, Method), out _meter);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (MyInvocation.ExpectingInput)
        {
            Write(ResolveTargets().ToList());
        }
        else
        {
            _targets.AddRange(MeasuresAllProcesses ? ListProcessIds() : ResolveTargets());
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => Write(_targets);

    private void Write(List<int> targets)
    {
        WorkProgress progress = WorkProgress.ForMeasurement(this);
        int done = 0;
        foreach (MeasureResult result in Guard(ByMapping ? targets.SelectMany(MeasureMappings) : MeasureProcesses(targets, progress)))
        {
            if (result.Uss is { } uss)
            {
                WriteObject(uss);
                WarnIfHidden(uss);
            }
            else if (MeasuresAllProcesses && result.Failure!.IsExpected)
            {
                WriteVerbose(result.Failure.Message);
            }
            else if (MeasuresAllProcesses && result.Failure!.Error == ProcfsError.PagemapNotAvailable)
            {
                ThrowTerminatingError(result.Failure.ToRecord(Procfs.KernelRelease));
            }
            else
            {
                Report(result.Failure!);
            }

            done++;
            progress.Show(() => ByMapping ? $"{done} mappings" : $"{done} of {targets.Count}", ByMapping ? null : done / (double)targets.Count);
        }

        progress.Complete();
    }

    private IEnumerable<MeasureResult> MeasureProcesses(List<int> targets, WorkProgress progress)
    {
        if (targets.Count == 1)
        {
            return targets.Select(id => MeasureParallel(id, progress));
        }

        return targets.AsParallel().AsOrdered().WithMergeOptions(ParallelMergeOptions.NotBuffered).WithCancellation(CancellationToken)
            .Select(id => Measure(id, threads: 1));
    }

    private MeasureResult MeasureParallel(int id, WorkProgress progress)
    {
        Task<MeasureResult> measuring = Task.Run(() => Measure(id, threads: null, progress));
        progress.PollUntilDone(measuring);
        return measuring.Result;
    }

    private MeasureResult Measure(int id, int? threads, WorkProgress? progress = null)
    {
        try
        {
            return new MeasureResult(_meter!.Measure(id, _mappings, threads, progress, CancellationToken), null);
        }
        catch (ProcfsException failure)
        {
            return new MeasureResult(null, failure);
        }
    }

    private IEnumerable<MeasureResult> MeasureMappings(int id)
    {
        using IEnumerator<MappingUss> mappings = _meter!.MeasureMappings(id, _mappings, CancellationToken).GetEnumerator();
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

        if (uss.Swap is null)
        {
            WarnOnce("Swap is null where the kernel hides swap entries. CAP_SYS_ADMIN in the initial user namespace is missing.");
        }
    }

    /// <summary>The figures of one target, or the failure.</summary>
    private readonly record struct MeasureResult(ProcessUss? Uss, ProcfsException? Failure);
}
