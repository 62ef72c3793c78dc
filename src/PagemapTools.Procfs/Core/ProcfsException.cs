namespace PagemapTools.Procfs.Core;

/// <summary>Why the kernel's pagemap interface did not answer.</summary>
public enum ProcfsError
{
    /// <summary>There is no such process, or it has gone meanwhile.</summary>
    ProcessNotFound,

    /// <summary>The process lives but has no address space: a kernel thread or a zombie.</summary>
    NoAddressSpace,

    /// <summary>The caller may not read that process.</summary>
    ProcessAccessDenied,

    /// <summary>The caller may not read a file of the kpage family.</summary>
    KPageAccessDenied,

    /// <summary>This kernel has no such file of the kpage family.</summary>
    KPageNotAvailable,

    /// <summary>This kernel is built without CONFIG_MEM_SOFT_DIRTY.</summary>
    SoftDirtyNotSupported,

    /// <summary>The operating system is not Linux.</summary>
    PlatformNotSupported,

    /// <summary>A read failed for another reason; the error number tells.</summary>
    ReadFailed,
}

/// <summary>A failure of the pagemap interface, with the cause told apart and the missing right named.</summary>
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

    /// <summary>The file that did not answer.</summary>
    public string Path { get; }

    /// <summary>The process that was asked for; null where none was.</summary>
    public int? ProcessId { get; }

    /// <summary>The kernel's error number (errno); 0 where there was none.</summary>
    public int ErrorNumber { get; }

    /// <summary>The capability or ownership whose absence is the cause; null if it is something else.</summary>
    public string? MissingCapability { get; }
}
