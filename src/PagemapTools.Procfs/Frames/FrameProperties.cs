namespace PagemapTools.Procfs.Frames;

/// <summary>What is known of a page frame beside its number: one file of proc each.</summary>
[Flags]
public enum FrameProperties
{
    /// <summary>Only the number.</summary>
    None = 0,

    /// <summary>/proc/kpageflags: what the frame is used for.</summary>
    Flags = 1,

    /// <summary>/proc/kpagecount: how many times it is mapped.</summary>
    MapCount = 2,

    /// <summary>/proc/kpagecgroup: the memory cgroup that it is charged to.</summary>
    Cgroup = 4,
}
