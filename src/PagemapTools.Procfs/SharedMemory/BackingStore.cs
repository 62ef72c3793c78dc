namespace PagemapTools.Procfs.SharedMemory;

/// <summary>Where the kernel keeps the pages of a file that are not in memory.</summary>
internal enum BackingStore
{
    /// <summary>On a disk, or on another machine.</summary>
    Disk,

    /// <summary>In swap: shared memory of every kind, and files of a tmpfs.</summary>
    Swap,

    /// <summary>Nowhere: hugetlb pages are always in memory.</summary>
    HugePages,

    /// <summary>Where the file system below an overlay keeps them; only the file itself tells.</summary>
    UnderlyingOfOverlay,
}
