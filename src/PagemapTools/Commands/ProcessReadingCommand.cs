using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Cmdlets that read processes or file systems, which can be held still so that they never answer: -TimeoutSec.</summary>
public abstract class ProcessReadingCommand : PagemapCommand
{
    /// <summary>The seconds after which a process or file system that does not answer is an error. A large one that takes long is none.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    [VisibleArgument(typeof(int))]
    public int TimeoutSec { get; set; } = (int)TargetRunOptions.DefaultTimeout.TotalSeconds;

    /// <summary>The options of all readings of processes and file systems.</summary>
    /// <param name="progress">Shows the position of one long reading while the cmdlet waits for it; null for none.</param>
    private protected TargetRunOptions CreateRunOptions(WorkProgress? progress = null) => new()
    {
        Timeout = TimeSpan.FromSeconds(TimeoutSec),
        OnWait = progress is null ? null : progress.ShowPosition,
    };
}
