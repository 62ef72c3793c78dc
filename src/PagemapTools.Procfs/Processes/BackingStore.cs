namespace PagemapTools.Procfs.Processes;

/// <summary>Where the kernel stores the pages of a file that are not in memory.</summary>
internal enum BackingStore
{
    /// <summary>On a disk, or on another machine.</summary>
    Disk,

    /// <summary>In swap: shared memory of every kind, and files on tmpfs.</summary>
    Swap,

    /// <summary>Nowhere: pages of hugetlbfs are always in memory.</summary>
    HugePages,

    /// <summary>Where the file system below an overlay stores them. Only the open file shows which file system that is.</summary>
    UnderlyingOfOverlay,
}
