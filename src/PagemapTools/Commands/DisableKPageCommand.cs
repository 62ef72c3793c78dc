using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Takes page frames out of use.</summary>
[Cmdlet(VerbsLifecycle.Disable, "KPage", DefaultParameterSetName = PfnSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(FrameChange))]
public sealed class DisableKPageCommand : FrameActionCommand
{
    /// <summary>How the page frames are taken out of use: SoftOffline, HardOffline or Poison.</summary>
    [Parameter]
    [ValidateSet(nameof(FrameAction.SoftOffline), nameof(FrameAction.HardOffline), nameof(FrameAction.Poison))]
    [VisibleArgument(typeof(FrameAction))]
    public FrameAction Mode { get; set; } = FrameAction.SoftOffline;

    private protected override FrameAction Action => Mode;
}
