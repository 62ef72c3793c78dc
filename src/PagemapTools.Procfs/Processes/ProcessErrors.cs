using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs.Processes;

/// <summary>Tells why a file of a process cannot be read, or clear_refs not be written.</summary>
internal static class ProcessErrors
{
    public static ProcfsException NotFound(ProcRoot root, int processId) =>
        NotFound(root, processId, $"There is no process with the id {processId} in '{root.Path}', or it has gone meanwhile.");

    public static ProcfsException Exited(ProcRoot root, int processId) =>
        NotFound(root, processId, $"The memory of process {processId} has gone meanwhile: it has ended, or executes another program.");

    /// <summary>The reason why <paramref name="file"/> of a process gave <paramref name="errno"/>.</summary>
    public static ProcfsException FromErrno(ProcRoot root, int processId, string file, int errno)
    {
        return NoAddressSpaceOrNull(root, processId, file, errno) ?? errno switch
        {
            // With hidepid=1 every file of a process of another user gives EPERM, and its directory is there (proc_pid_permission).
            Errno.EACCES or Errno.EPERM when root.Exists(processId) => AccessDenied(root, processId, file, errno),
            Errno.ESRCH or Errno.ENOENT => NotFound(root, processId),
            _ => new ProcfsException(
                ProcfsError.ReadFailed,
                $"'{root.GetPath(processId, file)}' cannot be read: {Errno.Describe(errno)}.",
                root.GetPath(processId, file),
                processId,
                errno),
        };
    }

    /// <summary>The failure of a process that lives without an address space; null if it has one, or does not live.</summary>
    public static ProcfsException? NoAddressSpaceOrNull(ProcRoot root, int processId, string file, int errno)
    {
        string? what = ProcessStat.TryRead(root, processId) switch
        {
            { IsKernelThread: true } => "it is a kernel thread",
            { HasEnded: true } when ThreadGroup.FindLiveThread(root, processId) is { } thread =>
                $"its main thread has ended. Others live on and have one, such as thread {thread}, by whose id it can be reached",
            { HasEnded: true } => "it is a zombie: it has ended, and its parent has not yet asked for its exit status",
            _ => null,
        };
        return what is null ? null : new ProcfsException(
            ProcfsError.NoAddressSpace,
            $"Process {processId} has no address space: {what}.",
            root.GetPath(processId, file),
            processId,
            errno);
    }

    private static ProcfsException NotFound(ProcRoot root, int processId, string message) => new(
        ProcfsError.ProcessNotFound,
        message,
        root.GetPath(processId, string.Empty),
        processId,
        Errno.ENOENT);

    private static ProcfsException AccessDenied(ProcRoot root, int processId, string file, int errno)
    {
        string path = root.GetPath(processId, file);
        AccessDeniedDiagnosis refusal = new(root, processId, file);
        return new ProcfsException(
            ProcfsError.ProcessAccessDenied,
            $"Process {processId} may not be {(file == "clear_refs" ? "written" : "read")}: '{path}' answers {Errno.Describe(errno)}. {refusal.Explanation}",
            path,
            processId,
            errno,
            refusal.MissingCapability);
    }
}
