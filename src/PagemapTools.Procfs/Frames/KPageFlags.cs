using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.Frames;

/// <summary>
/// What a page frame is used for, as /proc/kpageflags has it. Bits 0 to 26 are stable (include/uapi/linux/kernel-page-flags.h),
/// bits 32 to 42 are exported for kernel developers and may change (include/linux/kernel-page-flags.h), and bits 47 to 63 are no
/// flags of the kernel: they are the places in which page-types, and this module with it, puts overloaded and pagemap bits.
/// Bits without a name survive and are shown as their number. A flag is one member here: its attribute has its other names, and
/// completion shows its summary.
/// </summary>
[Flags]
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "The kernel's word is a u64.")]
[SuppressMessage("Design", "MA0062:Non-flags enums should not be marked with \"FlagsAttribute\"", Justification = "It is one.")]
public enum KPageFlags : ulong
{
    /// <summary>No flag is set: a frame in use that is neither in the page cache nor anonymous, or in a per-CPU free list.</summary>
    None = 0,

    /// <summary>Bit 0: locked for exclusive access, for example while it is read or written.</summary>
    [KPageFlag('L')] LOCKED = 1UL << 0,

    /// <summary>Bit 1: an I/O error occurred.</summary>
    [KPageFlag('E')] ERROR = 1UL << 1,

    /// <summary>Bit 2: referenced since it was last put on, or rotated in, an LRU list.</summary>
    [KPageFlag('R')] REFERENCED = 1UL << 2,

    /// <summary>Bit 3: holds up-to-date data.</summary>
    [KPageFlag('U')] UPTODATE = 1UL << 3,

    /// <summary>Bit 4: written to, and so newer than its copy on disk.</summary>
    [KPageFlag('D')] DIRTY = 1UL << 4,

    /// <summary>Bit 5: on one of the LRU lists.</summary>
    [KPageFlag('l')] LRU = 1UL << 5,

    /// <summary>Bit 6: on an active LRU list.</summary>
    [KPageFlag('A')] ACTIVE = 1UL << 6,

    /// <summary>Bit 7: managed by the slab allocator.</summary>
    [KPageFlag('S')] SLAB = 1UL << 7,

    /// <summary>Bit 8: being written to disk.</summary>
    [KPageFlag('W')] WRITEBACK = 1UL << 8,

    /// <summary>Bit 9: to be reclaimed soon after its writeback; without WRITEBACK it means READAHEAD.</summary>
    [KPageFlag('I')] RECLAIM = 1UL << 9,

    /// <summary>Bit 10: a free block of the buddy allocator.</summary>
    [KPageFlag('B')] BUDDY = 1UL << 10,

    /// <summary>Bit 11: mapped into some address space. Speaks of the whole folio, not of the one page.</summary>
    [KPageFlag('M')] MMAP = 1UL << 11,

    /// <summary>Bit 12: anonymous memory, not part of a file. Masked on slab pages, where the kernel may show it falsely.</summary>
    [KPageFlag('a', PageTypesName = "anonymous")] ANON = 1UL << 12,

    /// <summary>Bit 13: in the swap cache, with an entry in a swap area.</summary>
    [KPageFlag('s')] SWAPCACHE = 1UL << 13,

    /// <summary>Bit 14: backed by swap or RAM: anonymous, shared memory or tmpfs.</summary>
    [KPageFlag('b')] SWAPBACKED = 1UL << 14,

    /// <summary>Bit 15: the first page of a compound page.</summary>
    [KPageFlag('H')] COMPOUND_HEAD = 1UL << 15,

    /// <summary>Bit 16: another page of a compound page.</summary>
    [KPageFlag('T')] COMPOUND_TAIL = 1UL << 16,

    /// <summary>Bit 17: a hugetlb page.</summary>
    [KPageFlag('G')] HUGE = 1UL << 17,

    /// <summary>Bit 18: on the unevictable list: mlocked, ramfs, SHM_LOCK.</summary>
    [KPageFlag('u')] UNEVICTABLE = 1UL << 18,

    /// <summary>Bit 19: the hardware found it damaged; never to be touched again.</summary>
    [KPageFlag('X')] HWPOISON = 1UL << 19,

    /// <summary>Bit 20: no page frame exists at this number.</summary>
    [KPageFlag('n')] NOPAGE = 1UL << 20,

    /// <summary>Bit 21: one frame for identical pages of one or more processes. Masked on slab pages, where it may be false; Linux 6.12 sets it on every anonymous page (Test-PagemapSupport tells).</summary>
    [KPageFlag('x')] KSM = 1UL << 21,

    /// <summary>Bit 22: part of a transparent huge page. Speaks of the whole folio.</summary>
    [KPageFlag('t')] THP = 1UL << 22,

    /// <summary>Bit 23: logically offline, for example ballooned out to the hypervisor (BALLOON before Linux 5.0).</summary>
    [KPageFlag('o', OtherName = "balloon")] OFFLINE = 1UL << 23,

    /// <summary>Bit 24: the zero page, or the huge zero page.</summary>
    [KPageFlag('z')] ZERO_PAGE = 1UL << 24,

    /// <summary>Bit 25: not accessed since it was marked idle. Stale until /sys/kernel/mm/page_idle/bitmap is read.</summary>
    [KPageFlag('i', PageTypesName = "idle_page")] IDLE = 1UL << 25,

    /// <summary>Bit 26: a page table.</summary>
    [KPageFlag('g')] PGTABLE = 1UL << 26,

    /// <summary>Bit 32, internal: reserved by the kernel.</summary>
    [KPageFlag('r')] RESERVED = 1UL << 32,

    /// <summary>Bit 33, internal: locked into memory by mlock.</summary>
    [KPageFlag('m')] MLOCKED = 1UL << 33,

    /// <summary>Bit 34, internal: for the owner's use (MAPPEDTODISK before Linux 6.12); on an anonymous page it means ANON_EXCLUSIVE.</summary>
    [KPageFlag('d', PageTypesName = "mappedtodisk")] OWNER_2 = 1UL << 34,

    /// <summary>Bit 35, internal: the owner keeps private data with it, such as buffer heads.</summary>
    [KPageFlag('P')] PRIVATE = 1UL << 35,

    /// <summary>Bit 36, internal: a second private mark of the file system.</summary>
    [KPageFlag('p')] PRIVATE_2 = 1UL << 36,

    /// <summary>Bit 37, internal: for the owner's use.</summary>
    [KPageFlag('O')] OWNER_PRIVATE = 1UL << 37,

    /// <summary>Bit 38, internal: for the architecture's use.</summary>
    [KPageFlag('h')] ARCH = 1UL << 38,

    /// <summary>Bit 39, internal: mapped uncached.</summary>
    [KPageFlag('c')] UNCACHED = 1UL << 39,

    /// <summary>Bit 40, internal: soft-dirty; page-types puts the pagemap entry's bit 55 here.</summary>
    [KPageFlag('f')] SOFTDIRTY = 1UL << 40,

    /// <summary>Bit 41, internal: a second mark of the architecture.</summary>
    [KPageFlag('H')] ARCH_2 = 1UL << 41,

    /// <summary>Bit 42, internal: a third mark of the architecture.</summary>
    [KPageFlag('H')] ARCH_3 = 1UL << 42,

    /// <summary>Expanded from OWNER_2 on an anonymous page: it belongs to one process, without copy-on-write.</summary>
    [KPageFlag('d')] ANON_EXCLUSIVE = 1UL << 47,

    /// <summary>Expanded from RECLAIM without WRITEBACK: read ahead of need.</summary>
    [KPageFlag('I')] READAHEAD = 1UL << 48,

    /// <summary>Expanded from PRIVATE on a slab page: free in the SLOB allocator (before Linux 6.4).</summary>
    [KPageFlag('P')] SLOB_FREE = 1UL << 49,

    /// <summary>Expanded from ACTIVE on a slab page: frozen to one CPU's list.</summary>
    [KPageFlag('A')] SLUB_FROZEN = 1UL << 50,

    /// <summary>Expanded from ERROR on a slab page: under debugging.</summary>
    [KPageFlag('E')] SLUB_DEBUG = 1UL << 51,

    /// <summary>From the pagemap entry's bit 61: a page of a file, or shared anonymous memory.</summary>
    [KPageFlag('F')] FILE = 1UL << 61,

    /// <summary>From the pagemap entry's bit 62: swapped out.</summary>
    [KPageFlag('w')] SWAP = 1UL << 62,

    /// <summary>From the pagemap entry's bit 56: mapped exactly once.</summary>
    [KPageFlag('1')] MMAP_EXCLUSIVE = 1UL << 63,
}
