using System.Diagnostics;
using System.Management.Automation;
using PagemapTools.Completion;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Commands;

/// <summary>Cmdlets that are pointed at processes by id or by name, as Get-Process is.</summary>
public abstract class ProcessTargetCommand : PagemapCommand
{
    private protected const string NameSet = "Name";
    private protected const string IdSet = "Id";
    private protected const string InputObjectSet = "InputObject";

    private readonly HashSet<int> _served = [];

    /// <summary>The ids of the processes.</summary>
    [Parameter(Mandatory = true, ParameterSetName = IdSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PID", "ProcessId")]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    public int[] Id { get; set; } = [];

    /// <summary>The ids that have not been named before: each process is served once, as Get-Process does it.</summary>
    private protected IEnumerable<int> DistinctOnce(IEnumerable<int> ids)
    {
        foreach (int id in ids)
        {
            if (_served.Add(id))
            {
                yield return id;
            }
            else if (MyInvocation.ExpectingInput)
            {
                WarnOnce($"Process {id} came down the pipeline more than once, and is served once and whole: of such objects only the process's id is taken.");
            }
        }
    }

    /// <summary>Lists all processes. If the tree cannot be listed, that ends the command.</summary>
    private protected IReadOnlyList<int> ListProcessIds() => TryRead(Root.GetProcessIds, out IReadOnlyList<int> ids) ? ids : [];

    private protected IEnumerable<int> ResolveIds(Process[] processes)
    {
        if (!Root.IsDefault)
        {
            ThrowTerminatingError(PagemapErrors.ProcessObjectFromOtherProc(processes[0], Root.Path));
        }

        return processes.Select(process => process.Id);
    }

    private protected IEnumerable<int> ResolveIds(IEnumerable<string> names)
    {
        Dictionary<int, string> running = [];
        foreach (int id in ListProcessIds())
        {
            if (TryRead(() => Root.GetProcessName(id), out string? name) && name is not null)
            {
                running.Add(id, name);
            }
        }

        foreach (string name in names)
        {
            WildcardPattern pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            int[] ids = [.. running.Where(process => pattern.IsMatch(process.Value)).Select(process => process.Key)];
            if (ids.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                WriteError(PagemapErrors.NoProcessFoundForGivenName(name));
            }

            foreach (int id in ids)
            {
                yield return id;
            }
        }
    }
}
