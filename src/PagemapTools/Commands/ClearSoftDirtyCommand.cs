using System.Diagnostics;
using System.Management.Automation;
using PagemapTools.Completion;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Commands;

/// <summary>Clears the soft-dirty bits of processes, so that what they write from now on can be told.</summary>
[Cmdlet(VerbsCommon.Clear, "SoftDirty", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(Process))]
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
            if (!TryRead(() => Procfs.SoftDirty.GetTargetName(id), out string name)
                || !ShouldProcess($"process {id} ({name})", "Clear soft-dirty bits"))
            {
                continue;
            }

            if (TryRead(() => Clear(id), out Process? process) && process is not null)
            {
                WriteObject(process);
            }
        }
    }

    /// <summary>Clears the bits; returns the process when -PassThru was given, else null.</summary>
    private Process? Clear(int id)
    {
        Procfs.SoftDirty.Clear(id);
        if (!PassThru)
        {
            return null;
        }

        // An id of another proc may be another process here.
        return InputObject.FirstOrDefault(process => process.Id == id) ?? (Root.IsDefault ? GetProcess(id) : null);
    }

    private Process GetProcess(int id)
    {
        try
        {
            return Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            throw new ProcfsException(
                ProcfsError.ProcessNotFound, $"There is no process with the id {id} in '{Root.Path}', or it has gone meanwhile.", $"{Root.Path}/{id}/", id);
        }
    }
}
