namespace PagemapTools.Procfs.Processes;

/// <summary>Finds out why a file of a process cannot be read, or clear_refs cannot be written.</summary>
internal static class ProcessErrors
{
    public static ProcfsException NotFound(ProcRoot root, int processId) =>
        NotFound(root, processId, $"There is no process with the id {processId} in '{root.Path}', or it has exited.");

    public static ProcfsException Exited(ProcRoot root, int processId) =>
        NotFound(root, processId, $"The address space of process {processId} no longer exists: the process has exited, or executed another program.");

    /// <summary>Creates the failure of <paramref name="file"/> of a process by <paramref name="errno"/> and the state of the process.</summary>
    public static ProcfsException FromErrno(ProcRoot root, int processId, string file, int errno)
    {
        string path = root.GetPath(processId, file);

        // If descriptors or memory are exhausted, no further file of the process can give a reason.
        ProcText.ThrowIfExhausted(path, errno, processId);
        return NoAddressSpaceOrNull(root, processId, file, errno) ?? errno switch
        {
            // With hidepid=1 every file of another user's process gives EPERM, and its directory is visible (proc_pid_permission).
            Errno.EACCES or Errno.EPERM when root.Exists(processId) => AccessDenied(root, processId, file, errno),
            Errno.ENOENT when IsMissingFromLiveProcess(root, processId, path) => NotAvailable(processId, path, errno),
            Errno.ESRCH or Errno.ENOENT or Errno.EACCES or Errno.EPERM => NotFound(root, processId),
            _ => new ProcfsException(ProcfsError.ReadFailed, $"'{path}' cannot be read: {Errno.Describe(errno)}.", path, processId, errno),
        };
    }

    /// <summary>Creates the failure of a process that exists without an address space; null if it has one, or does not exist.</summary>
    public static ProcfsException? NoAddressSpaceOrNull(ProcRoot root, int processId, string file, int errno)
    {
        string? reason = ProcessStat.TryRead(root, processId) switch
        {
            { IsKernelThread: true } => "it is a kernel thread",
            { HasEnded: true } when ThreadGroup.FindLiveThread(root, processId) is { } thread =>
                $"its main thread has ended. Other threads are alive and have one; use the id of such a thread, {thread}",
            { HasEnded: true } => "it is a zombie: it has exited, and its parent has not yet read its exit status",
            _ => null,
        };
        return reason is null ? null : new ProcfsException(
            ProcfsError.NoAddressSpace,
            $"Process {processId} has no address space: {reason}.",
            root.GetPath(processId, file),
            processId,
            errno);
    }

    // When a process exits, its whole directory disappears, and another process may get its id. stat exists on every kernel and in every
    // sandbox; the same start before and after shows that one process lacks the file.
    private static bool IsMissingFromLiveProcess(ProcRoot root, int processId, string path) =>
        ProcessStat.TryRead(root, processId) is { HasEnded: false } process && Statx.GetByPath(path) is null
            && ProcessStat.TryRead(root, processId) is { HasEnded: false } same && same.Program.StartTime == process.Program.StartTime;

    private static ProcfsException NotAvailable(int processId, string path, int errno) => new(
        ProcfsError.PagemapNotAvailable,
        $"Process {processId} exists, but there is no '{path}': the kernel is built without CONFIG_PROC_PAGE_MONITOR, or a sandbox does not show the file.",
        path,
        processId,
        errno);

    private static ProcfsException NotFound(ProcRoot root, int processId, string message) => new(
        ProcfsError.ProcessNotFound,
        message,
        root.GetPath(processId, string.Empty),
        processId,
        Errno.ENOENT);

    private static ProcfsException AccessDenied(ProcRoot root, int processId, string file, int errno)
    {
        string path = root.GetPath(processId, file);
        AccessDeniedDiagnosis diagnosis = Diagnose(root, processId, file);
        return new ProcfsException(
            ProcfsError.ProcessAccessDenied,
            $"Process {processId} may not be {(file == "clear_refs" ? "written" : "read")}: '{path}' failed with '{Errno.Describe(errno)}'. {diagnosis.Explanation}",
            path,
            processId,
            errno,
            diagnosis.MissingCapability);
    }

    // The diagnosis also reads files of the caller. Their failure is reported as one of the process, so that the next process is read.
    private static AccessDeniedDiagnosis Diagnose(ProcRoot root, int processId, string file)
    {
        try
        {
            return new AccessDeniedDiagnosis(root, processId, file);
        }
        catch (ProcfsException failure) when (failure.ProcessId is null)
        {
            throw failure.ForProcess(processId);
        }
    }
}
