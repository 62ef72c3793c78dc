using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.Frames;

/// <summary>
/// The flags of a page frame in /proc/kpageflags. Bits 0 to 26 mean the same on every kernel (include/uapi/linux/kernel-page-flags.h).
/// Bits 32 to 42 are for kernel developers and may change (include/linux/kernel-page-flags.h). Bits 47 to 63 are not flags of the kernel:
/// page-types, and this library, use them for the meanings of overloaded bits and for bits of the pagemap entry. Other bits are preserved
/// and shown by number. Each flag is one member: its attribute has the other names, and completion shows its summary.
/// </summary>
[Flags]
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "The kernel's word is a u64.")]
[SuppressMessage("Design", "MA0062:Non-flags enums should not be marked with \"FlagsAttribute\"", Justification = "The members are bits.")]
public enum KPageFlags : ulong
{
    /// <summary>No flag is set: the page frame is used by the kernel in a way that has no flag, or is free in the list of one CPU.</summary>
    None = 0,

    /// <summary>Bit 0: locked, for example while it is read or written.</summary>
    [KPageFlag('L')] LOCKED = 1UL << 0,

    /// <summary>Bit 1: an input/output error occurred.</summary>
    [KPageFlag('E')] ERROR = 1UL << 1,

    /// <summary>Bit 2: used since it was put on an LRU list, or moved within it.</summary>
    [KPageFlag('R')] REFERENCED = 1UL << 2,

    /// <summary>Bit 3: has valid data.</summary>
    [KPageFlag('U')] UPTODATE = 1UL << 3,

    /// <summary>Bit 4: written to, and not yet on disk.</summary>
    [KPageFlag('D')] DIRTY = 1UL << 4,

    /// <summary>Bit 5: on one of the lists from which the kernel reclaims memory (LRU).</summary>
    [KPageFlag('l')] LRU = 1UL << 5,

    /// <summary>Bit 6: on an LRU list of pages in active use.</summary>
    [KPageFlag('A')] ACTIVE = 1UL << 6,

    /// <summary>Bit 7: managed by the slab allocator.</summary>
    [KPageFlag('S')] SLAB = 1UL << 7,

    /// <summary>Bit 8: being written to disk.</summary>
    [KPageFlag('W')] WRITEBACK = 1UL << 8,

    /// <summary>Bit 9: to be reclaimed soon after its writeback. Without WRITEBACK the bit means READAHEAD.</summary>
    [KPageFlag('I')] RECLAIM = 1UL << 9,

    /// <summary>Bit 10: free, in the buddy allocator.</summary>
    [KPageFlag('B')] BUDDY = 1UL << 10,

    /// <summary>Bit 11: mapped by some process. The flag describes the whole folio, not the single page.</summary>
    [KPageFlag('M')] MMAP = 1UL << 11,

    /// <summary>Bit 12: anonymous memory, not part of a file. Cleared on slab pages, where the kernel may report it falsely.</summary>
    [KPageFlag('a', PageTypesName = "anonymous")] ANON = 1UL << 12,

    /// <summary>Bit 13: in the swap cache, with an entry in a swap area.</summary>
    [KPageFlag('s')] SWAPCACHE = 1UL << 13,

    /// <summary>Bit 14: can go to swap: anonymous memory, shared memory or tmpfs.</summary>
    [KPageFlag('b')] SWAPBACKED = 1UL << 14,

    /// <summary>Bit 15: the first page of a compound page.</summary>
    [KPageFlag('H')] COMPOUND_HEAD = 1UL << 15,

    /// <summary>Bit 16: another page of a compound page.</summary>
    [KPageFlag('T')] COMPOUND_TAIL = 1UL << 16,

    /// <summary>Bit 17: a hugetlb page.</summary>
    [KPageFlag('G')] HUGE = 1UL << 17,

    /// <summary>Bit 18: may not be reclaimed: mlock, ramfs, SHM_LOCK.</summary>
    [KPageFlag('u')] UNEVICTABLE = 1UL << 18,

    /// <summary>Bit 19: the hardware reported it as damaged; never used again.</summary>
    [KPageFlag('X')] HWPOISON = 1UL << 19,

    /// <summary>Bit 20: no page frame has this number.</summary>
    [KPageFlag('n')] NOPAGE = 1UL << 20,

    /// <summary>Bit 21: one page frame for identical pages. Cleared on slab pages, where the kernel may report it falsely. Linux 6.12 sets it on every anonymous page (Test-PagemapSupport reports that).</summary>
    [KPageFlag('x')] KSM = 1UL << 21,

    /// <summary>Bit 22: part of a transparent huge page. The flag describes the whole folio.</summary>
    [KPageFlag('t')] THP = 1UL << 22,

    /// <summary>Bit 23: logically offline, for example ballooned out to the hypervisor (BALLOON before Linux 5.0).</summary>
    [KPageFlag('o', OtherName = "balloon")] OFFLINE = 1UL << 23,

    /// <summary>Bit 24: the zero page, or the huge zero page.</summary>
    [KPageFlag('z')] ZERO_PAGE = 1UL << 24,

    /// <summary>Bit 25: not used since it was marked idle. Stale until /sys/kernel/mm/page_idle/bitmap is read.</summary>
    [KPageFlag('i', PageTypesName = "idle_page")] IDLE = 1UL << 25,

    /// <summary>Bit 26: a page table.</summary>
    [KPageFlag('g')] PGTABLE = 1UL << 26,

    /// <summary>Bit 32, internal: reserved by the kernel.</summary>
    [KPageFlag('r')] RESERVED = 1UL << 32,

    /// <summary>Bit 33, internal: locked into memory by mlock.</summary>
    [KPageFlag('m')] MLOCKED = 1UL << 33,

    /// <summary>Bit 34, internal: for the owner's use (MAPPEDTODISK before Linux 6.12); on an anonymous page it means ANON_EXCLUSIVE.</summary>
    [KPageFlag('d', PageTypesName = "mappedtodisk")] OWNER_2 = 1UL << 34,

    /// <summary>Bit 35, internal: the owner attached private data, such as buffer heads.</summary>
    [KPageFlag('P')] PRIVATE = 1UL << 35,

    /// <summary>Bit 36, internal: a second flag for private data of the file system.</summary>
    [KPageFlag('p')] PRIVATE_2 = 1UL << 36,

    /// <summary>Bit 37, internal: for the owner's use.</summary>
    [KPageFlag('O')] OWNER_PRIVATE = 1UL << 37,

    /// <summary>Bit 38, internal: for the architecture's use.</summary>
    [KPageFlag('h')] ARCH = 1UL << 38,

    /// <summary>Bit 39, internal: mapped uncached.</summary>
    [KPageFlag('c')] UNCACHED = 1UL << 39,

    /// <summary>Bit 40, internal: soft-dirty. page-types puts bit 55 of the pagemap entry here.</summary>
    [KPageFlag('f')] SOFTDIRTY = 1UL << 40,

    /// <summary>Bit 41, internal: for the architecture's use.</summary>
    [KPageFlag('H')] ARCH_2 = 1UL << 41,

    /// <summary>Bit 42, internal: for the architecture's use.</summary>
    [KPageFlag('H')] ARCH_3 = 1UL << 42,

    /// <summary>OWNER_2 on an anonymous page: one process alone has it, without copy-on-write.</summary>
    [KPageFlag('d')] ANON_EXCLUSIVE = 1UL << 47,

    /// <summary>RECLAIM without WRITEBACK: read ahead of need.</summary>
    [KPageFlag('I')] READAHEAD = 1UL << 48,

    /// <summary>PRIVATE on a slab page: free in the SLOB allocator (before Linux 6.4).</summary>
    [KPageFlag('P')] SLOB_FREE = 1UL << 49,

    /// <summary>ACTIVE on a slab page: frozen to the list of one CPU.</summary>
    [KPageFlag('A')] SLUB_FROZEN = 1UL << 50,

    /// <summary>ERROR on a slab page: under debugging.</summary>
    [KPageFlag('E')] SLUB_DEBUG = 1UL << 51,

    /// <summary>Bit 61 of the pagemap entry: a page of a file, or shared anonymous memory.</summary>
    [KPageFlag('F')] FILE = 1UL << 61,

    /// <summary>Bit 62 of the pagemap entry: in swap format.</summary>
    [KPageFlag('w')] SWAP = 1UL << 62,

    /// <summary>Bit 56 of the pagemap entry: mapped exactly once.</summary>
    [KPageFlag('1')] MMAP_EXCLUSIVE = 1UL << 63,
}
