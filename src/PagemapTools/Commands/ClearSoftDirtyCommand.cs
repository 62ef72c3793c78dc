using System.Management.Automation;
using PagemapTools.Completion;
using PagemapTools.Procfs;

namespace PagemapTools.Commands;

/// <summary>Clears the soft-dirty bits of processes, so that what they write from now on can be told.</summary>
[Cmdlet(VerbsCommon.Clear, "SoftDirty", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(System.Diagnostics.Process))]
public sealed class ClearSoftDirtyCommand : ProcessObjectTargetCommand
{
    /// <summary>The names of the processes; wildcards are taken.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [Alias("ProcessName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Passes the process on.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override string[] Names => Name;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (int id in Targets())
        {
            string target = $"process {id} ({Root.ProcessName(id)})";
            if (!ShouldProcess(target, "Clear soft-dirty bits"))
            {
                continue;
            }

            if (TryRead(() => Clear(id), out bool isCleared) && isCleared && PassThru)
            {
                WriteObject(InputObject.FirstOrDefault(process => process.Id == id) ?? System.Diagnostics.Process.GetProcessById(id));
            }
        }
    }

    private bool Clear(int id)
    {
        SoftDirty.Clear(Root, id);
        return true;
    }
}
