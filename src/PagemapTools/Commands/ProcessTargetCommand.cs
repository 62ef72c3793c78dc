using System.Diagnostics;
using System.Management.Automation;
using PagemapTools.Completion;

namespace PagemapTools.Commands;

/// <summary>Cmdlets that take processes by id, by name or as objects, as Get-Process does.</summary>
public abstract class ProcessTargetCommand : ProcessReadingCommand
{
    private protected const string NameSet = "Name";
    private protected const string IdSet = "Id";
    private protected const string InputObjectSet = "InputObject";

    private readonly HashSet<int> _processed = [];
    private bool _isRepeated;

    /// <summary>The ids of the processes.</summary>
    [Parameter(Mandatory = true, ParameterSetName = IdSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PID", "ProcessId")]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    [VisibleArgument(typeof(int[]))]
    public int[] Id { get; set; } = [];

    private protected abstract string[] Names { get; }

    private protected abstract Process[] Processes { get; }

    /// <summary>Resolves the processes of the current parameter set to their ids. A process that was resolved before is left out.</summary>
    private protected IEnumerable<int> ResolveTargets()
    {
        IEnumerable<int> ids = ParameterSetName switch
        {
            IdSet => Id,
            NameSet => ResolveIds(Names, ListProcessNames()),
            _ => ResolveIds(Processes),
        };
        foreach (int id in ids)
        {
            if (_processed.Add(id))
            {
                yield return id;
            }
            else if (MyInvocation.ExpectingInput)
            {
                WarnOnce($"The pipeline passed process {id} more than once. The cmdlet takes only the process id from such objects, so it processed the whole process once.");
            }
        }
    }

    /// <summary>Resolves the names again, for another sample. A name that no process has any more is no error.</summary>
    private protected IEnumerable<int> ResolveTargetsAgain()
    {
        _processed.Clear();
        _isRepeated = true;
        return ResolveTargets();
    }

    /// <summary>Lists all processes. A tree that cannot be listed ends the command.</summary>
    private protected IReadOnlyList<int> ListProcessIds() => TryRead(Root.GetProcessIds, out IReadOnlyList<int> ids) ? ids : [];

    /// <summary>Lists the names among which -Name selects, by the ids of the processes.</summary>
    private protected virtual IReadOnlyDictionary<int, string> ListProcessNames()
    {
        Dictionary<int, string> running = [];
        foreach (int id in ListProcessIds())
        {
            if (TryRead(() => Root.GetProcessName(id, CancellationToken), out string? name) && name is not null)
            {
                running.Add(id, name);
            }
        }

        return running;
    }

    private IEnumerable<int> ResolveIds(Process[] processes)
    {
        if (!Root.IsDefault)
        {
            ThrowTerminatingError(PagemapErrors.ProcessObjectFromOtherProc(processes[0], Root.Path));
        }

        // Get-Process returns kernel threads, too, and nobody means them.
        foreach (int id in processes.Select(process => process.Id))
        {
            if (!TryRead(() => TargetRun.Read(Root, id, _ => Root.IsKernelThread(id), CreateRunOptions(), CancellationToken), out bool isKernelThread))
            {
                continue;
            }

            if (isKernelThread)
            {
                WriteVerbose($"Process {id} is left out: it is a kernel thread, which has no address space.");
            }
            else
            {
                yield return id;
            }
        }
    }

    private IEnumerable<int> ResolveIds(string[] names, IReadOnlyDictionary<int, string> running)
    {
        foreach (string name in names)
        {
            WildcardPattern pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            int[] ids = [.. running.Where(process => pattern.IsMatch(process.Value)).Select(process => process.Key)];
            if (ids.Length == 0 && ProcRootProcesses.TryParseProcessId(name, out int number))
            {
                // A number as the first argument is an id, unless it is the name of a process.
                ids = [number];
            }

            if (ids.Length == 0 && !_isRepeated && !WildcardPattern.ContainsWildcardCharacters(name))
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
