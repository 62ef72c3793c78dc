using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.Entries;

/// <summary>What a virtual page is, by its pagemap entry (fs/proc/task_mmu.c, pte_to_pagemap_entry) and its swap type (include/linux/swap.h).</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "ConvertTo-Json writes a 64-bit enumeration by name.")]
public enum PageState : long
{
    /// <summary>Nothing was ever put here, or it was dropped: the entry holds no page. A page of a shared file may still be in the page cache.</summary>
    Unpopulated,

    /// <summary>In memory.</summary>
    Present,

    /// <summary>Swapped out to a swap area.</summary>
    Swapped,

    /// <summary>A guard region (MADV_GUARD_INSTALL, Linux 6.13): access raises SIGSEGV.</summary>
    Guard,

    /// <summary>Poisoned: by the hardware, or by UFFDIO_POISON. Access raises SIGBUS.</summary>
    Poisoned,

    /// <summary>A userfaultfd write-protection marker on a page that is not there.</summary>
    UffdMarker,

    /// <summary>Being moved to another frame just now.</summary>
    Migration,

    /// <summary>Held by a device (HMM device-private or device-exclusive memory).</summary>
    Device,

    /// <summary>An entry in swap format that is no swap, of a kind that cannot be told without the kernel's configuration: poisoned by the hardware, moving, or held by a device.</summary>
    NonSwap,

    /// <summary>An entry in swap format whose type this user may not see (no CAP_SYS_ADMIN): swapped out, or one of the others.</summary>
    Hidden,

    /// <summary>A page of shared memory that is swapped out; only told when shared memory is resolved.</summary>
    SwappedShared,

    /// <summary>A page of a shared file that is in the page cache but not mapped here; only told when shared memory is resolved.</summary>
    NotMapped,
}
