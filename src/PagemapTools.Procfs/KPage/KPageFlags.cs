using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs;

/// <summary>
/// What a page frame is used for, as /proc/kpageflags has it. Bits 0 to 26 are stable (include/uapi/linux/kernel-page-flags.h),
/// bits 32 to 42 are exported for kernel developers and may change (include/linux/kernel-page-flags.h), and bits 47 to 63 are no
/// flags of the kernel: they are the places in which page-types, and this module with it, puts overloaded and pagemap bits.
/// Bits without a name survive and are shown as their number.
/// </summary>
[Flags]
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "The kernel's word is a u64.")]
[SuppressMessage("Design", "MA0062:Non-flags enums should not be marked with \"FlagsAttribute\"", Justification = "It is one.")]
public enum KPageFlags : ulong
{
    /// <summary>No flag is set: a frame in use that is neither in the page cache nor anonymous, or in a per-CPU free list.</summary>
    None = 0,

    /// <summary>Bit 0: locked for exclusive access, for example while it is read or written.</summary>
    LOCKED = 1UL << 0,

    /// <summary>Bit 1: an I/O error occurred.</summary>
    ERROR = 1UL << 1,

    /// <summary>Bit 2: referenced since it was last put on, or rotated in, an LRU list.</summary>
    REFERENCED = 1UL << 2,

    /// <summary>Bit 3: holds up-to-date data.</summary>
    UPTODATE = 1UL << 3,

    /// <summary>Bit 4: written to, and so newer than its copy on disk.</summary>
    DIRTY = 1UL << 4,

    /// <summary>Bit 5: on one of the LRU lists.</summary>
    LRU = 1UL << 5,

    /// <summary>Bit 6: on an active LRU list.</summary>
    ACTIVE = 1UL << 6,

    /// <summary>Bit 7: managed by the slab allocator.</summary>
    SLAB = 1UL << 7,

    /// <summary>Bit 8: being written to disk.</summary>
    WRITEBACK = 1UL << 8,

    /// <summary>Bit 9: to be reclaimed soon after its writeback; without WRITEBACK it means READAHEAD.</summary>
    RECLAIM = 1UL << 9,

    /// <summary>Bit 10: a free block of the buddy allocator.</summary>
    BUDDY = 1UL << 10,

    /// <summary>Bit 11: mapped into some address space. Speaks of the whole folio, not of the one page.</summary>
    MMAP = 1UL << 11,

    /// <summary>Bit 12: anonymous memory, not part of a file. Masked on slab pages, where the kernel may show it falsely.</summary>
    ANON = 1UL << 12,

    /// <summary>Bit 13: in the swap cache, with an entry in a swap area.</summary>
    SWAPCACHE = 1UL << 13,

    /// <summary>Bit 14: backed by swap or RAM: anonymous, shared memory or tmpfs.</summary>
    SWAPBACKED = 1UL << 14,

    /// <summary>Bit 15: the first page of a compound page.</summary>
    COMPOUND_HEAD = 1UL << 15,

    /// <summary>Bit 16: another page of a compound page.</summary>
    COMPOUND_TAIL = 1UL << 16,

    /// <summary>Bit 17: a hugetlb page.</summary>
    HUGE = 1UL << 17,

    /// <summary>Bit 18: on the unevictable list: mlocked, ramfs, SHM_LOCK.</summary>
    UNEVICTABLE = 1UL << 18,

    /// <summary>Bit 19: the hardware found it damaged; never to be touched again.</summary>
    HWPOISON = 1UL << 19,

    /// <summary>Bit 20: no page frame exists at this number.</summary>
    NOPAGE = 1UL << 20,

    /// <summary>Bit 21: one frame for identical pages of one or more processes. Masked on slab pages, where it may be false; Linux 6.12 sets it on every anonymous page (Test-PagemapSupport tells).</summary>
    KSM = 1UL << 21,

    /// <summary>Bit 22: part of a transparent huge page. Speaks of the whole folio.</summary>
    THP = 1UL << 22,

    /// <summary>Bit 23: logically offline, for example ballooned out to the hypervisor (BALLOON before Linux 5.0).</summary>
    OFFLINE = 1UL << 23,

    /// <summary>Bit 24: the zero page, or the huge zero page.</summary>
    ZERO_PAGE = 1UL << 24,

    /// <summary>Bit 25: not accessed since it was marked idle. Stale until /sys/kernel/mm/page_idle/bitmap is read.</summary>
    IDLE = 1UL << 25,

    /// <summary>Bit 26: a page table.</summary>
    PGTABLE = 1UL << 26,

    /// <summary>Bit 32, internal: reserved by the kernel.</summary>
    RESERVED = 1UL << 32,

    /// <summary>Bit 33, internal: locked into memory by mlock.</summary>
    MLOCKED = 1UL << 33,

    /// <summary>Bit 34, internal: for the owner's use (MAPPEDTODISK before Linux 6.12); on an anonymous page it means ANON_EXCLUSIVE.</summary>
    OWNER_2 = 1UL << 34,

    /// <summary>Bit 35, internal: the owner keeps private data with it, such as buffer heads.</summary>
    PRIVATE = 1UL << 35,

    /// <summary>Bit 36, internal: a second private mark of the file system.</summary>
    PRIVATE_2 = 1UL << 36,

    /// <summary>Bit 37, internal: for the owner's use.</summary>
    OWNER_PRIVATE = 1UL << 37,

    /// <summary>Bit 38, internal: for the architecture's use.</summary>
    ARCH = 1UL << 38,

    /// <summary>Bit 39, internal: mapped uncached.</summary>
    UNCACHED = 1UL << 39,

    /// <summary>Bit 40, internal: soft-dirty; page-types puts the pagemap entry's bit 55 here.</summary>
    SOFTDIRTY = 1UL << 40,

    /// <summary>Bit 41, internal: a second mark of the architecture.</summary>
    ARCH_2 = 1UL << 41,

    /// <summary>Bit 42, internal: a third mark of the architecture.</summary>
    ARCH_3 = 1UL << 42,

    /// <summary>Expanded from OWNER_2 on an anonymous page: it belongs to one process, without copy-on-write.</summary>
    ANON_EXCLUSIVE = 1UL << 47,

    /// <summary>Expanded from RECLAIM without WRITEBACK: read ahead of need.</summary>
    READAHEAD = 1UL << 48,

    /// <summary>Expanded from PRIVATE on a slab page: free in the SLOB allocator (before Linux 6.4).</summary>
    SLOB_FREE = 1UL << 49,

    /// <summary>Expanded from ACTIVE on a slab page: frozen to one CPU's list.</summary>
    SLUB_FROZEN = 1UL << 50,

    /// <summary>Expanded from ERROR on a slab page: under debugging.</summary>
    SLUB_DEBUG = 1UL << 51,

    /// <summary>From the pagemap entry's bit 61: a page of a file, or shared anonymous memory.</summary>
    FILE = 1UL << 61,

    /// <summary>From the pagemap entry's bit 62: swapped out.</summary>
    SWAP = 1UL << 62,

    /// <summary>From the pagemap entry's bit 56: mapped exactly once.</summary>
    MMAP_EXCLUSIVE = 1UL << 63,
}
