using System.Management.Automation;

namespace PagemapTools.Benchmarks.Engine;

/// <summary>Counts what comes down the pipeline, and lets it go. Unlike Out-Null, which the engine never calls.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "Arrival")]
public sealed class MeasureArrivalCommand : PSCmdlet
{
    private long _count;

    [Parameter(ValueFromPipeline = true)]
    public object? InputObject { get; set; }

    protected override void ProcessRecord() => _count++;

    protected override void EndProcessing() => WriteObject(_count);
}
