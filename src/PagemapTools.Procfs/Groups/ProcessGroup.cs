namespace PagemapTools.Procfs.Groups;

/// <summary>Processes that are measured as one.</summary>
/// <param name="Name">The name of the group; null if it has none.</param>
/// <param name="ProcessIds">The ids of the processes.</param>
public sealed record ProcessGroup(string? Name, IReadOnlyList<int> ProcessIds);

/// <summary>The figures of a group, and the processes that they leave out.</summary>
/// <param name="Uss">The figures; null if no process of the group could be read.</param>
/// <param name="Failures">Why processes of the group could not be read, one failure for each.</param>
public sealed record GroupMeasurement(ProcessGroupUss? Uss, IReadOnlyList<ProcfsException> Failures);
