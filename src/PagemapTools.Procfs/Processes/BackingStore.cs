namespace PagemapTools.Procfs.Processes;

/// <summary>Where the kernel stores the pages of a file that are not in memory.</summary>
internal enum BackingStore
{
    /// <summary>On a disk of this machine.</summary>
    Disk,

    /// <summary>Where a server of the file system says: on another machine, or in a process (FUSE). A request to the server may never be answered.</summary>
    Server,

    /// <summary>In swap: shared memory of every kind, and files on tmpfs.</summary>
    Swap,

    /// <summary>Nowhere: pages of hugetlbfs are always in memory.</summary>
    HugePages,

    /// <summary>It is not known where: the file is on a device that is not mounted here, and opening it may wait for a server for ever.</summary>
    Unknown,

    /// <summary>Where the file system below an overlay stores them. Only the open file shows which file system that is.</summary>
    UnderlyingOfOverlay,
}
