using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Processes;

/// <summary>What a proc tree tells of a process by its id alone, without opening its address space.</summary>
public static class ProcRootProcesses
{
    /// <summary>The name of a process, as Get-Process gives it; null if there is no such process, or it is hidden from the caller.</summary>
    public static string? GetProcessName(this ProcRoot root, int processId) => ProcessNames.TryRead(root, processId, out _);

    /// <summary>Whether a process is a thread of the kernel, which has no address space.</summary>
    public static bool IsKernelThread(this ProcRoot root, int processId) => ProcessStat.TryRead(root, processId) is { IsKernelThread: true };
}
