using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Groups;

/// <summary>Processes that are measured as one.</summary>
/// <param name="Name">The name of the group; null if it has none.</param>
/// <param name="ProcessIds">The ids of the processes.</param>
public sealed record ProcessGroup(string? Name, IReadOnlyList<int> ProcessIds)
{
    /// <summary>Why the property that makes a group could not be read of processes of this group, which has no name.</summary>
    public IReadOnlyList<ProcfsException> Failures { get; init; } = [];

    /// <summary>Whether the names of the processes become the name of the group.</summary>
    internal bool IsNamedByProcesses { get; init; }

    /// <summary>The programs that the processes executed when they were put into the group, as far as that is known.</summary>
    internal IReadOnlyDictionary<int, ProgramIdentity>? Programs { get; init; }

    /// <summary>Finds the program that a process executed when it was put into the group.</summary>
    internal ProgramIdentity? FindProgram(int processId) => Programs is not null && Programs.TryGetValue(processId, out ProgramIdentity program) ? program : null;
}

/// <summary>The figures of a group, and the processes that they leave out.</summary>
/// <param name="Uss">The figures; null if no process of the group could be read.</param>
/// <param name="Failures">Why processes of the group could not be read, or not be put into another group: one failure for each.</param>
public sealed record GroupMeasurement(ProcessGroupUss? Uss, IReadOnlyList<ProcfsException> Failures);
