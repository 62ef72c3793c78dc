using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Measures the memory that each pair of processes shares; once or repeatedly.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "ProcessSharing", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ProcessSharing))]
public sealed class MeasureProcessSharingCommand : SampledProcessCommand
{
    private SharingMeter? _meter;
    private SharingMeasurement? _before;

    /// <summary>Leaves out pairs that share less than this, in bytes.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    [VisibleArgument(typeof(long))]
    public long Minimum { get; set; }

    // A pair may consist of the first and the last object of the pipeline.
    private protected override bool StreamsTargets => false;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _meter = new SharingMeter(Procfs);
    }

    // A measurement has the time of its own beginning.
    private protected override void BeginSample(DateTime timestamp)
    {
    }

    private protected override void WriteSample(IReadOnlyList<int> targets)
    {
        WorkProgress progress = WorkProgress.ForMeasurement(this);
        if (!TryRead(() => Measure(targets, progress), out SharingMeasurement measurement))
        {
            return;
        }

        progress.Complete();
        foreach (ProcfsException failure in measurement.Failures)
        {
            ReportTarget(failure);
        }

        foreach (ProcessSharing pair in measurement.EnumeratePairs(Minimum, _before))
        {
            WriteObject(pair);
        }

        _before = measurement;
    }

    private SharingMeasurement Measure(IReadOnlyList<int> targets, WorkProgress progress)
    {
        CountProgress done = new(count => progress.Show(() => $"{count} of {targets.Count}", count / (double)targets.Count));
        return _meter!.Measure(targets, CreateRunOptions(), done, CancellationToken);
    }
}
