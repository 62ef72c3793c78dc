using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.WorkingSet;

/// <summary>How a measurement finds out which pages were used in an interval.</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "ConvertTo-Json writes a 64-bit enumeration by name.")]
public enum WorkingSetMethod : long
{
    /// <summary>By the referenced bits: clear_refs clears those of the process, and smaps counts the pages that have them again (CONFIG_PROC_PAGE_MONITOR). It finds reads and writes.</summary>
    Referenced,

    /// <summary>By the idle bitmap (Linux 4.3, CONFIG_IDLE_PAGE_TRACKING): the page frames of the process are marked idle, and the kernel unmarks what is used, by whichever process. It finds reads and writes.</summary>
    Idle,

    /// <summary>By the soft-dirty bits (CONFIG_MEM_SOFT_DIRTY): clear_refs clears those of the process, and each first write sets one. It finds writes only.</summary>
    SoftDirty,
}
