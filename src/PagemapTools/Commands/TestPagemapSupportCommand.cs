using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Tests which features this kernel and this user have, and names what is missing.</summary>
[Cmdlet(VerbsDiagnostic.Test, "PagemapSupport")]
[OutputType(typeof(PagemapSupport))]
public sealed class TestPagemapSupportCommand : PagemapCommand
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (PagemapSupport feature in Guard(Procfs.ProbeSupport()))
        {
            WriteObject(feature);
        }
    }
}
