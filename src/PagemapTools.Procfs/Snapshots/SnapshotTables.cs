namespace PagemapTools.Procfs.Snapshots;

/// <summary>The tables of a snapshot. docs/snapshots.md describes their columns.</summary>
[Flags]
public enum SnapshotTables
{
    /// <summary>No table.</summary>
    None = 0,

    /// <summary>All page frames: flags, map count, cgroup and use.</summary>
    Frames = 1,

    /// <summary>The populated pages of processes.</summary>
    Pages = 2,

    /// <summary>The mappings of processes.</summary>
    Mappings = 4,

    /// <summary>The memory of each process.</summary>
    Processes = 8,

    /// <summary>The memory of each memory cgroup, by use.</summary>
    Cgroups = 16,

    /// <summary>The files that processes map or hold open, and how much of each is in the page cache.</summary>
    Files = 32,

    /// <summary>All tables.</summary>
    All = Frames | Pages | Mappings | Processes | Cgroups | Files,
}
