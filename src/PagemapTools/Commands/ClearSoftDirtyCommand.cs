using System.Diagnostics;
using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Clears the soft-dirty bits of processes. From then on, the pages that they write are soft-dirty.</summary>
[Cmdlet(VerbsCommon.Clear, "SoftDirty", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(Process))]
public sealed class ClearSoftDirtyCommand : SelectedProcessCommand
{
    /// <summary>Returns the process.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (int id in ResolveTargets())
        {
            if (!TryRead(() => Run(id, () => Procfs.SoftDirty.GetTargetName(id)), out string name)
                || !ShouldProcess($"process {id} ({name})", "Clear soft-dirty bits"))
            {
                continue;
            }

            if (TryRead(() => Run(id, () => Clear(id)), out Process? process) && process is not null)
            {
                WriteObject(process);
            }
        }
    }

    private T Run<T>(int id, Func<T> step) => TargetRun.Read(Root, id, _ => step(), CreateRunOptions(), CancellationToken);

    /// <summary>Clears the bits; returns the process when -PassThru was given, else null.</summary>
    private Process? Clear(int id)
    {
        Procfs.SoftDirty.Clear(id);
        if (!PassThru)
        {
            return null;
        }

        // The id of a process in another proc may belong to another process here.
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
                ProcfsError.ProcessNotFound, $"There is no process with the id {id} in '{Root.Path}', or it has exited.", $"{Root.Path}/{id}/", id);
        }
    }
}
