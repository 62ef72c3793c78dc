namespace PagemapTools.Procfs.Processes;

/// <summary>Properties of a process that are read by its id, without opening its address space.</summary>
public static class ProcRootProcesses
{
    /// <summary>Reads the name of a process, as Get-Process shows it; null if there is no such process, or if proc hides it from the caller.</summary>
    public static string? GetProcessName(this ProcRoot root, int processId) => ProcessNames.TryRead(root, processId, out _);

    /// <summary>Reads whether a process is a kernel thread, which has no address space.</summary>
    public static bool IsKernelThread(this ProcRoot root, int processId) => ProcessStat.TryRead(root, processId) is { IsKernelThread: true };
}
