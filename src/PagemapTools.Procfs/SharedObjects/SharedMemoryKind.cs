using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.SharedObjects;

/// <summary>The kinds of shared memory.</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "ConvertTo-Json writes a 64-bit enumeration by name.")]
public enum SharedMemoryKind : long
{
    /// <summary>A System V segment (shmget).</summary>
    SystemV,

    /// <summary>A file of POSIX shared memory (shm_open), in /dev/shm.</summary>
    Posix,

    /// <summary>A file without a name (memfd_create).</summary>
    Memfd,

    /// <summary>Any other file on a tmpfs.</summary>
    Tmpfs,

    /// <summary>A file on hugetlbfs.</summary>
    Hugetlbfs,

    /// <summary>Shared anonymous memory (mmap with MAP_SHARED and MAP_ANONYMOUS).</summary>
    SharedAnonymous,

    /// <summary>Another file of the kernel's own mount of shared memory, such as an object of a graphics driver (GEM) that a process maps or holds.</summary>
    Kernel,

    /// <summary>The rest of Shmem in /proc/meminfo that no object above accounts for: objects of graphics drivers, and what this user may not see.</summary>
    Unattributed,
}
