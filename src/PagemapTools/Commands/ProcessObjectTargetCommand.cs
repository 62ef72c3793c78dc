using System.Diagnostics;
using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Cmdlets that also take the objects of Get-Process.</summary>
public abstract class ProcessObjectTargetCommand : ProcessTargetCommand
{
    /// <summary>The processes, as Get-Process gives them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    public Process[] InputObject { get; set; } = [];

    private protected abstract string[] Names { get; }

    /// <summary>The processes of the current parameter set.</summary>
    private protected IEnumerable<int> Targets() => DistinctOnce(ParameterSetName switch
    {
        IdSet => Id,
        InputObjectSet => ResolveIds(InputObject),
        _ => ResolveIds(Names),
    });
}
