using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Groups;

/// <summary>A process of a group, as its walk takes it.</summary>
/// <param name="ProcessId">The id of the process.</param>
/// <param name="Group">The index of its group.</param>
/// <param name="IsHeldElsewhere">Whether a process outside of the group uses the same address space, so that nothing goes when the group ends.</param>
/// <param name="Program">The program that the process executed when it was put into the group; null if that is not known.</param>
internal readonly record struct GroupMember(int ProcessId, int Group, bool IsHeldElsewhere, ProgramIdentity? Program);
