namespace PagemapTools.Procfs.Frames;

/// <summary>Properties of a page frame. The kernel has one file for each (Documentation/admin-guide/mm/pagemap.rst), except for the node.</summary>
[Flags]
public enum FrameProperties
{
    /// <summary>No property, only the page frame number.</summary>
    None = 0,

    /// <summary>/proc/kpageflags: what the page frame is used for.</summary>
    Flags = 1,

    /// <summary>/proc/kpagecount: how many times the page frame is mapped.</summary>
    MapCount = 2,

    /// <summary>/proc/kpagecgroup: the inode of the memory cgroup that the page frame is charged to.</summary>
    Cgroup = 4,

    /// <summary>/sys/devices/system/node: the NUMA node that the page frame belongs to.</summary>
    Node = 8,

    /// <summary>All properties above.</summary>
    All = Flags | MapCount | Cgroup | Node,
}
