using System.Diagnostics;
using System.Management.Automation;
using PagemapTools.Completion;

namespace PagemapTools.Commands;

/// <summary>Cmdlets whose processes the user must select: by id, by name or as objects.</summary>
public abstract class SelectedProcessCommand : ProcessTargetCommand
{
    /// <summary>The names of the processes; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [Alias("ProcessName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ValidateWildcards]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The processes, as Get-Process returns them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    [VisibleArgument(typeof(Process[]))]
    public Process[] InputObject { get; set; } = [];

    private protected override string[] Names => Name;

    private protected override Process[] Processes => InputObject;
}
