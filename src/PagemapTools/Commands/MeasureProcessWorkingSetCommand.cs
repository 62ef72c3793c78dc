using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Measures the memory that processes use in an interval, once or repeatedly. It changes bits that the kernel's reclaim reads.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "ProcessWorkingSet", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(ProcessWorkingSet), typeof(MappingWorkingSet))]
public sealed class MeasureProcessWorkingSetCommand : SampledProcessCommand
{
    private readonly WorkingSetSampler _sampler = new();
    private readonly Dictionary<int, bool> _confirmed = [];
    private WorkingSetMeter? _meter;

    /// <summary>The seconds from the marking of the pages to their reading.</summary>
    [Parameter]
    [ValidateRange(0.01, 1_000_000)]
    [VisibleArgument(typeof(double))]
    public double Interval { get; set; } = 1;

    /// <summary>How used pages are found.</summary>
    [Parameter]
    [VisibleArgument(typeof(WorkingSetMethod))]
    public WorkingSetMethod Method { get; set; } = WorkingSetMethod.Referenced;

    /// <summary>Measures each mapping separately.</summary>
    [Parameter]
    public SwitchParameter ByMapping { get; set; }

    // All targets have the same interval.
    private protected override bool StreamsTargets => false;

    private string Action => Method switch
    {
        WorkingSetMethod.SoftDirty => "Clear soft-dirty bits",
        WorkingSetMethod.Idle => "Mark the page frames idle",
        _ => "Clear referenced bits",
    };

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (SelectsAllProcesses && !MyInvocation.ExpectingInput)
        {
            ThrowTerminatingError(PagemapErrors.NoProcesses());
        }
    }

    private protected override void BeginSample(DateTime timestamp) => _sampler.BeginSample(timestamp);

    private protected override void WriteSample(IReadOnlyList<int> targets)
    {
        int[] confirmed = [.. targets.Where(Confirm)];
        if (confirmed.Length == 0 || (_meter is null && !TryRead(() => new WorkingSetMeter(Procfs, Method, CancellationToken), out _meter)))
        {
            return;
        }

        List<WorkingSetInterval> intervals = [];
        foreach (TargetResult<WorkingSetInterval> result in Guard(TargetRun.ReadEach(Root, confirmed, (id, token) => _meter!.Begin(id, token), CreateRunOptions(), CancellationToken)))
        {
            ReportIfFailed(result.Failure);
            intervals.AddRange(result.Value is { } interval ? [interval] : []);
        }

        if (intervals.Count > 0 && TryRead(Wait))
        {
            WriteFigures(intervals.ToDictionary(interval => interval.ProcessId));
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _meter?.Dispose();
        base.Dispose(disposing);
    }

    private void WriteFigures(Dictionary<int, WorkingSetInterval> intervals)
    {
        foreach (TargetResult<IReadOnlyList<ProcessWorkingSet>> result in Guard(TargetRun.ReadEach(
            Root, intervals.Keys.Order(), (id, token) => Measure(intervals[id], token), CreateRunOptions(), CancellationToken)))
        {
            ReportIfFailed(result.Failure);
            foreach (ProcessWorkingSet workingSet in result.Value ?? [])
            {
                WriteObject(_sampler.Add(workingSet));
            }
        }
    }

    private IReadOnlyList<ProcessWorkingSet> Measure(WorkingSetInterval interval, CancellationToken cancellationToken) =>
        ByMapping ? [.. _meter!.MeasureMappings(interval, cancellationToken)] : [_meter!.Measure(interval, cancellationToken)];

    private void Wait()
    {
        CancellationToken.WaitHandle.WaitOne(TimeSpan.FromSeconds(Interval));
        CancellationToken.ThrowIfCancellationRequested();
    }

    // A process is confirmed once, not for each sample.
    private bool Confirm(int id)
    {
        if (!_confirmed.TryGetValue(id, out bool isConfirmed) && TryRead(() => TargetRun.Read(Root, id, _ => Procfs.SoftDirty.GetTargetName(id), CreateRunOptions(), CancellationToken), out string name))
        {
            isConfirmed = ShouldProcess($"process {id} ({name})", Action);
            _confirmed.Add(id, isConfirmed);
        }

        return isConfirmed;
    }

    private void ReportIfFailed(ProcfsException? failure)
    {
        if (failure is not null)
        {
            ReportTarget(failure);
        }
    }
}
