using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Holdings;

/// <summary>Identifies a file for the time of a reading.</summary>
/// <param name="Device">The major and minor number of its device.</param>
/// <param name="Inode">Its inode; for a System V segment, the segment's id.</param>
/// <param name="IpcNamespace">The IPC namespace of a System V segment, for its id is unique only there; 0 for other files.</param>
internal readonly record struct FileKey((uint Major, uint Minor) Device, ulong Inode, ulong IpcNamespace = 0)
{
    private const string SegmentPrefix = "/SYSV";

    /// <summary>Creates the key of a mapping's file.</summary>
    public static FileKey From(MemoryMapping mapping, ulong ipcNamespace) =>
        new((mapping.DeviceMajor, mapping.DeviceMinor), mapping.Inode, IsSegment(mapping.Path, mapping.IsDeleted) ? ipcNamespace : 0);

    /// <summary>Whether a name is that of a System V segment (ipc/shm.c, newseg).</summary>
    public static bool IsSegment(string? name, bool isDeleted) => isDeleted && name?.StartsWith(SegmentPrefix, StringComparison.Ordinal) == true;
}

/// <summary>A link of proc to a file that a process maps or has open.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Path">The path of the link.</param>
internal readonly record struct FileLink(int ProcessId, string Path);
