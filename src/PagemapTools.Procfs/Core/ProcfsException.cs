namespace PagemapTools.Procfs.Core;

/// <summary>The cause of a failure of the kernel's pagemap interface.</summary>
public enum ProcfsError
{
    /// <summary>There is no such process, or it has exited.</summary>
    ProcessNotFound,

    /// <summary>The process exists but has no address space: a kernel thread or a zombie.</summary>
    NoAddressSpace,

    /// <summary>The caller may not read the process.</summary>
    ProcessAccessDenied,

    /// <summary>The caller may not read a file of the kpage family.</summary>
    KPageAccessDenied,

    /// <summary>This kernel has no such file of the kpage family.</summary>
    KPageNotAvailable,

    /// <summary>The kernel is built without CONFIG_MEM_SOFT_DIRTY.</summary>
    SoftDirtyNotSupported,

    /// <summary>The operating system is not Linux.</summary>
    PlatformNotSupported,

    /// <summary>A read failed for another reason; <see cref="ProcfsException.ErrorNumber"/> has the kernel's error number.</summary>
    ReadFailed,

    /// <summary>The process exists, but its directory lacks the file: the kernel is built without CONFIG_PROC_PAGE_MONITOR, or a sandbox hides it.</summary>
    PagemapNotAvailable,

    /// <summary>
    /// The process exists but does not answer: something holds its memory map locked, so that a read of its files does not return. Or the
    /// file system of a path does not answer; then <see cref="ProcfsException.ProcessId"/> is null.
    /// </summary>
    TimedOut,

    /// <summary>The kernel hides page frame numbers from the caller (CAP_SYS_ADMIN), and the reading is of no use without them.</summary>
    PageFramesHidden,

    /// <summary>This kernel lacks the method of a measurement of the working set, or a probe shows that its figures would be wrong on this machine.</summary>
    WorkingSetMethodNotSupported,

    /// <summary>This kernel lacks what takes a page frame out of use, or puts it back: CONFIG_MEMORY_FAILURE, or the module hwpoison-inject.</summary>
    FrameActionNotSupported,

    /// <summary>The caller may not open a file, or the kernel does not show which of its pages are in the page cache.</summary>
    FileAccessDenied,

    /// <summary>A directory has no snapshots, or none of those that were asked for.</summary>
    SnapshotNotFound,

    /// <summary>A directory has snapshots of several hosts, and the host was not named.</summary>
    SnapshotHostUnknown,

    /// <summary>A snapshot has another version of the tables, or is of a machine with pages of another size.</summary>
    SnapshotNotSupported,

    /// <summary>A file of a snapshot is damaged, or the caller may not read it.</summary>
    SnapshotNotReadable,

    /// <summary>There is no file with a path.</summary>
    FileNotFound,
}

/// <summary>A failure of the pagemap interface, with its cause and the capability that the caller lacks.</summary>
public sealed class ProcfsException : Exception
{
    /// <summary>Creates the exception.</summary>
    public ProcfsException(ProcfsError error, string message, string path, int? processId = null, int errorNumber = 0, string? missingCapability = null)
        : base(VisibleText.Escape(message))
    {
        Error = error;
        Path = path;
        ProcessId = processId;
        ErrorNumber = errorNumber;
        MissingCapability = missingCapability;
    }

    /// <summary>The cause.</summary>
    public ProcfsError Error { get; }

    /// <summary>The file that failed.</summary>
    public string Path { get; }

    /// <summary>The process whose file failed; null if the file belongs to no process.</summary>
    public int? ProcessId { get; }

    /// <summary>The kernel's error number (errno); 0 if there was none.</summary>
    public int ErrorNumber { get; }

    /// <summary>The capability or ownership that the caller lacks; null if the failure has another cause.</summary>
    public string? MissingCapability { get; }

    /// <summary>The release of the kernel that lacks the feature, as uname -r prints it; null if the failure has another cause.</summary>
    public string? KernelRelease { get; internal init; }

    /// <summary>
    /// Whether this failure is normal while all processes are read: the process has exited, has no address space, or belongs to another
    /// user.
    /// </summary>
    public bool IsExpected => Error is ProcfsError.ProcessNotFound or ProcfsError.NoAddressSpace or ProcfsError.ProcessAccessDenied;

    /// <summary>
    /// Whether the machine lacked descriptors or memory. That can happen in a file of the whole machine while one process is read, and the
    /// next process may be readable.
    /// </summary>
    internal bool IsExhaustion => Errno.IsExhaustion(ErrorNumber);

    /// <summary>Creates the same failure with the id of a process.</summary>
    internal ProcfsException ForProcess(int processId) => new(Error, Message, Path, processId, ErrorNumber, MissingCapability);
}
