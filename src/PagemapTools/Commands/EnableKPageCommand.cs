using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Puts page frames back into use that were taken out of it.</summary>
[Cmdlet(VerbsLifecycle.Enable, "KPage", DefaultParameterSetName = PfnSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(FrameChange))]
public sealed class EnableKPageCommand : FrameActionCommand
{
    private protected override FrameAction Action => FrameAction.Unpoison;
}
