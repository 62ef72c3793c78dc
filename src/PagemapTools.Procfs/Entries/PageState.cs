using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.Entries;

/// <summary>The state of a virtual page, from its pagemap entry (fs/proc/task_mmu.c, pte_to_pagemap_entry) and its swap type (include/linux/swap.h).</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "ConvertTo-Json writes a 64-bit enumeration by name.")]
public enum PageState : long
{
    /// <summary>The entry has no page: it was never used, or the page was dropped. A page of a shared file may still be in the page cache, and one of shared memory in swap.</summary>
    Unpopulated,

    /// <summary>In memory.</summary>
    Present,

    /// <summary>Swapped out to a swap area.</summary>
    Swapped,

    /// <summary>A guard region (MADV_GUARD_INSTALL, Linux 6.13): access raises SIGSEGV.</summary>
    Guard,

    /// <summary>Poisoned by a memory failure or by UFFDIO_POISON: access raises SIGBUS.</summary>
    Poisoned,

    /// <summary>A write-protection marker of userfaultfd (uffd-wp) where there is no page.</summary>
    UffdMarker,

    /// <summary>In migration: the kernel is moving the page to another page frame.</summary>
    Migration,

    /// <summary>In the memory of a device, or mapped by a device exclusively (HMM).</summary>
    Device,

    /// <summary>An entry in swap format that is not swap: poisoned, in migration, or of a device. The kernel's configuration, which shows which of these it is, cannot be read.</summary>
    NonSwap,

    /// <summary>An entry in swap format whose type the kernel hides from this user (CAP_SYS_ADMIN is missing): swapped out, or another state in swap format.</summary>
    Hidden,

    /// <summary>A swapped-out page of shared memory, whose entry reads 0. Reported only if shared memory is resolved.</summary>
    SwappedShared,

    /// <summary>A page of a shared file that is in the page cache but not in this page table. Reported only if shared memory is resolved.</summary>
    NotMapped,
}
