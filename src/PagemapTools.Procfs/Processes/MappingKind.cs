using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.Processes;

/// <summary>The purpose of a mapping, as its name in /proc/PID/maps and the device of its file show it.</summary>
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

    /// <summary>Shared memory: memfd, POSIX and System V shared memory, shared anonymous memory, files on a tmpfs.</summary>
    SharedMemory,

    /// <summary>Anonymous memory with a name (PR_SET_VMA_ANON_NAME).</summary>
    NamedAnonymous,

    /// <summary>The kernel's code for user space.</summary>
    Vdso,

    /// <summary>The kernel's data for the vdso. Its page frames belong to the kernel, and no memory statistic counts them.</summary>
    Vvar,

    /// <summary>The legacy system call page. It is above the address space and has no pagemap entries.</summary>
    Vsyscall,

    /// <summary>Another mapping whose name the kernel writes in brackets, or without a directory.</summary>
    Special,

    /// <summary>Hugetlb pages: MAP_HUGETLB, a file on a hugetlbfs, a memfd or a System V segment of hugetlb pages.</summary>
    Hugetlb,

    /// <summary>The memory of a device, mapped from its node in /dev.</summary>
    Device,

    /// <summary>Memory that a process shares with a facility of the kernel, such as io_uring or perf.</summary>
    AnonInode,
}
