using System.Management.Automation;

namespace PagemapTools.Benchmarks.Engine;

/// <summary>Counts the objects of the pipeline and drops them. The engine calls it, while it optimises Out-Null away.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "Arrival")]
public sealed class MeasureArrivalCommand : PSCmdlet
{
    private long _count;

    [Parameter(ValueFromPipeline = true)]
    public object? InputObject { get; set; }

    protected override void ProcessRecord() => _count++;

    protected override void EndProcessing() => WriteObject(_count);
}
