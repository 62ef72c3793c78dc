using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.Processes;

/// <summary>What a mapping is for, told from its name in /proc/PID/maps.</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "ConvertTo-Json writes a 64-bit enumeration by name.")]
public enum MappingKind : long
{
    /// <summary>Anonymous memory without a name.</summary>
    Anonymous,

    /// <summary>A file.</summary>
    File,

    /// <summary>The heap that brk moves.</summary>
    Heap,

    /// <summary>The stack of the main thread.</summary>
    Stack,

    /// <summary>Memory shared by name or descriptor: memfd, POSIX and SysV shared memory, shared anonymous memory.</summary>
    SharedMemory,

    /// <summary>Anonymous memory that was given a name (PR_SET_VMA_ANON_NAME).</summary>
    NamedAnonymous,

    /// <summary>The kernel's code for user space.</summary>
    Vdso,

    /// <summary>The kernel's data for the vdso: frames of the kernel itself, which no account of memory counts.</summary>
    Vvar,

    /// <summary>The old system call page, above the address space; it has no pagemap.</summary>
    Vsyscall,

    /// <summary>Another mapping that the kernel names in brackets.</summary>
    Special,
}
