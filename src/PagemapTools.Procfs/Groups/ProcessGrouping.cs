using System.Globalization;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Groups;

/// <summary>What processes are grouped by.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "ConvertTo-Json writes a 64-bit enumeration by name.")]
public enum ProcessGroupKey : long
{
    /// <summary>The name of the process, as Get-Process shows it.</summary>
    Name,

    /// <summary>The memory cgroup of the process: its path in the hierarchy, as in /proc/PID/cgroup.</summary>
    Cgroup,

    /// <summary>The effective user of the process, by name; by number if the system has no name for it.</summary>
    User,
}

/// <summary>Puts processes into groups.</summary>
public static class ProcessGrouping
{
    private const int MaxNames = 5;

    /// <summary>Groups processes by a property. Kernel threads, and processes whose property cannot be read, are in a last group without a name.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="key">The property.</param>
    /// <param name="processIds">The processes; null for all, without kernel threads.</param>
    /// <param name="options">How long a process may hold up its reading; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>The groups, in the order of their names. The failures of the last group say why it has no name.</returns>
    /// <exception cref="ProcfsException">The processes cannot be listed.</exception>
    public static IReadOnlyList<ProcessGroup> GroupProcesses(
        this ProcfsContext procfs, ProcessGroupKey key, IEnumerable<int>? processIds = null, TargetRunOptions? options = null, CancellationToken cancellationToken = default)
    {
        Dictionary<string, List<int>> groups = new(StringComparer.Ordinal);
        List<int> others = [];
        List<ProcfsException> failures = [];
        Dictionary<int, ProgramIdentity> programs = [];
        foreach ((int id, (ProcessStat? stat, string? name), ProcfsException? failure) in TargetRun.ReadEach(
            procfs.Root, processIds ?? procfs.Root.GetProcessIds(), (id, _) => ReadName(procfs, key, id), options, cancellationToken))
        {
            failures.AddRange(failure is null ? [] : [failure]);
            if (stat is { IsKernelThread: true } && processIds is null)
            {
                continue;
            }

            // The walk finds out whether the process still executes this program: then the name is of the same one.
            if (stat is { HasEnded: false })
            {
                programs[id] = stat.Value.Program;
            }

            if (name is null)
            {
                others.Add(id);
                continue;
            }

            if (!groups.TryGetValue(name, out List<int>? members))
            {
                groups.Add(name, members = []);
            }

            members.Add(id);
        }

        IEnumerable<ProcessGroup> named = groups.OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new ProcessGroup(group.Key, group.Value) { Programs = programs });
        return others.Count == 0 ? [.. named] : [.. named, new ProcessGroup(null, others) { Failures = failures }];
    }

    private static (ProcessStat? Stat, string? Name) ReadName(ProcfsContext procfs, ProcessGroupKey key, int processId)
    {
        ProcessStat? stat = ProcessStat.TryRead(procfs.Root, processId);
        return (stat, stat is { IsKernelThread: true } ? null : GetName(procfs, key, processId));
    }

    /// <summary>Joins the names of processes: each once, and the number of those after the fifth.</summary>
    internal static string JoinNames(IEnumerable<string> names)
    {
        string[] distinct = [.. names.Distinct(StringComparer.Ordinal)];
        string rest = distinct.Length > MaxNames ? string.Create(CultureInfo.InvariantCulture, $" and {distinct.Length - MaxNames} more") : string.Empty;
        return string.Join(", ", distinct.Take(MaxNames)) + rest;
    }

    private static string? GetName(ProcfsContext procfs, ProcessGroupKey key, int processId) => key switch
    {
        ProcessGroupKey.Name => procfs.Root.GetProcessName(processId),
        ProcessGroupKey.Cgroup => ProcessCgroup.Read(procfs.Root, processId),
        _ => new ProcessDetails(string.Empty, CommandLine: null).WithStatus(procfs.Root, processId).UserId is { } user ? procfs.Users.Get(user) : null,
    };
}
