namespace PagemapTools.Procfs;

/// <summary>Where the pages of a file are kept while they are not in memory.</summary>
internal enum FileStore
{
    /// <summary>On a disk, or on another machine.</summary>
    Disk,

    /// <summary>In swap: shared memory of every kind, and files of a tmpfs.</summary>
    Swap,

    /// <summary>Nowhere: hugetlb pages are always in memory.</summary>
    HugePages,

    /// <summary>Where the file system below an overlay keeps them; each file has to be asked.</summary>
    BelowOverlay,
}
