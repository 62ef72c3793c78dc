using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Puts page frames back into use that were soft-offlined or poisoned by a simulation.</summary>
[Cmdlet(VerbsLifecycle.Enable, "KPage", DefaultParameterSetName = PfnSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(FrameChange))]
public sealed class EnableKPageCommand : FrameActionCommand
{
    private protected override FrameAction Action => FrameAction.Unpoison;
}
