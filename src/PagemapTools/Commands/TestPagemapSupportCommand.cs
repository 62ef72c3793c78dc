using System.Management.Automation;
using PagemapTools.Procfs.Support;

namespace PagemapTools.Commands;

/// <summary>Tests what this kernel and this user can do, and says why not.</summary>
[Cmdlet(VerbsDiagnostic.Test, "PagemapSupport")]
[OutputType(typeof(PagemapSupport))]
public sealed class TestPagemapSupportCommand : PagemapCommand
{
    /// <inheritdoc/>
    protected override void ProcessRecord() => WriteObject(Procfs.ProbeSupport(), enumerateCollection: true);
}
