using System.Management.Automation;

namespace PagemapTools.Benchmarks.Engine;

/// <summary>Emits empty objects: the cost of the pipeline alone.</summary>
[Cmdlet(VerbsCommunications.Write, "EmptyObject")]
public sealed class WriteEmptyObjectCommand : PSCmdlet
{
    [Parameter(Mandatory = true)]
    public long Count { get; set; }

    protected override void ProcessRecord()
    {
        for (long i = 0; i < Count; i++)
        {
            WriteObject(new EmptyObject());
        }
    }

    private sealed class EmptyObject;
}
