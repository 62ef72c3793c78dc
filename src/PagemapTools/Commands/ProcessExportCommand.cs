using System.Diagnostics;
using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Cmdlets that write files about all their targets at once, when the last one has come from the pipeline.</summary>
public abstract class ProcessExportCommand : ProcessTargetCommand
{
    private readonly List<int> _targets = [];

    /// <summary>The processes, as Get-Process returns them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    [VisibleArgument(typeof(Process[]))]
    public Process[] InputObject { get; set; } = [];

    private protected override Process[] Processes => InputObject;

    /// <summary>Whether the targets are all processes: none was selected, and none was piped.</summary>
    private protected bool SelectsAllProcesses => ParameterSetName == NameSet && Names.Length == 0 && !MyInvocation.ExpectingInput;

    /// <summary>The ids of the targets; null for all processes.</summary>
    private protected IReadOnlyList<int>? TargetIds => SelectsAllProcesses ? null : _targets;

    /// <inheritdoc/>
    protected override void ProcessRecord() => _targets.AddRange(SelectsAllProcesses ? [] : ResolveTargets());

    /// <summary>Whether there is something to write, and the user wants it. An empty pipeline leaves no file.</summary>
    private protected bool ShouldWrite(string path, string action) => TargetIds is not { Count: 0 } && ShouldProcess(path, action);
}
