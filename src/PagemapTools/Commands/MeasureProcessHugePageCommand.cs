using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Measures the memory of processes in large folios, by kind, size, alignment and mapping; once or repeatedly.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "ProcessHugePage", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ProcessHugePage), typeof(MappingHugePage))]
public sealed class MeasureProcessHugePageCommand : SampledProcessCommand
{
    private readonly HugePageSampler _sampler = new();
    private HugePageMeter? _meter;

    /// <summary>Measures each mapping separately.</summary>
    [Parameter]
    public SwitchParameter ByMapping { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        TryRead(() => new HugePageMeter(Procfs), out _meter);
    }

    private protected override void BeginSample(DateTime timestamp) => _sampler.BeginSample(timestamp);

    private protected override void WriteSample(IReadOnlyList<int> targets)
    {
        WorkProgress progress = WorkProgress.ForMeasurement(this);
        TargetRunOptions options = CreateRunOptions(targets.Count == 1 ? progress : null);
        int done = 0;
        foreach (TargetResult<IReadOnlyList<ProcessHugePage>> result in Guard(TargetRun.ReadEach(Root, targets, (id, token) => Measure(id, targets.Count == 1 ? progress : null, token), options, CancellationToken)))
        {
            if (result.Failure is { } failure)
            {
                ReportTarget(failure);
            }

            foreach (ProcessHugePage pages in result.Value ?? [])
            {
                WriteObject(_sampler.Add(pages));
            }

            done++;
            progress.Show(() => $"{done} of {targets.Count}", done / (double)targets.Count);
        }

        progress.Complete();
    }

    private IReadOnlyList<ProcessHugePage> Measure(int id, WorkProgress? progress, CancellationToken cancellationToken) =>
        ByMapping ? [.. _meter!.MeasureMappings(id, cancellationToken)] : _meter!.Measure(id, progress, cancellationToken);
}
