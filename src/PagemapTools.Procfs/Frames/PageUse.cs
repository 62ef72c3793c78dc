using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.Frames;

/// <summary>What a page frame is used for, as its flags show it.</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "ConvertTo-Json writes a 64-bit enumeration by name.")]
public enum PageUse : long
{
    /// <summary>The kernel does not track the page frame: its words in /proc/kpage* are 0 in the whole section of memory.</summary>
    Unknown,

    /// <summary>Free.</summary>
    Free,

    /// <summary>In the page cache: a page of a file, or a block of a file system.</summary>
    PageCache,

    /// <summary>Shared memory, or a file on tmpfs.</summary>
    SharedMemory,

    /// <summary>In the swap cache: anonymous or shared memory on its way to swap or back.</summary>
    SwapCache,

    /// <summary>Anonymous memory. If no process maps it, it is about to be freed.</summary>
    Anonymous,

    /// <summary>A hugetlb page: in the pool, or in use.</summary>
    Hugetlb,

    /// <summary>A page table.</summary>
    PageTable,

    /// <summary>Memory of the slab allocator: objects of the kernel.</summary>
    Slab,

    /// <summary>Used by the kernel in a way that has no flag, or free in the list of one CPU.</summary>
    Kernel,

    /// <summary>Reserved: the kernel's own image, firmware, or memory that was set aside.</summary>
    Reserved,

    /// <summary>Offline: given back to a hypervisor (balloon), or not plugged in.</summary>
    Offline,

    /// <summary>Damaged. The kernel does not use the page frame any more.</summary>
    HardwarePoison,

    /// <summary>The zero page, or the huge zero page. Every process that only read anonymous memory maps it, and no count says how often.</summary>
    ZeroPage,

    /// <summary>No memory that the kernel manages: memory of a device, or a hole.</summary>
    NotMemory,

    /// <summary>
    /// Mapped, as the map count shows, but no mapping was found by a search for the processes that map the page frame. The process has
    /// exited since, may not be read, or is not in this proc tree.
    /// </summary>
    MappedElsewhere,
}
