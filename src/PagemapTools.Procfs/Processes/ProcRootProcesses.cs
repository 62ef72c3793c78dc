namespace PagemapTools.Procfs.Processes;

/// <summary>Properties of a process that are read by its id, without opening its address space.</summary>
public static class ProcRootProcesses
{
    /// <summary>
    /// Reads the name of a process, as Get-Process shows it; null if there is no such process, or if proc hides it from the caller. A name
    /// that the kernel cuts at 15 bytes stays cut if the process does not answer within half a second.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> is cancelled.</exception>
    public static string? GetProcessName(this ProcRoot root, int processId, CancellationToken cancellationToken = default) =>
        ProcessNames.TryRead(root, processId, out _, cancellationToken);

    /// <summary>Parses the id of a process: digits only, without leading zeros.</summary>
    public static bool TryParseProcessId(string? text, out int processId) => ProcNumber.TryParseId(text, out processId);

    /// <summary>Reads whether a process is a kernel thread, which has no address space.</summary>
    public static bool IsKernelThread(this ProcRoot root, int processId) => ProcessStat.TryRead(root, processId) is { IsKernelThread: true };
}
