using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Groups;

/// <summary>Identifies a file for the time of a measurement.</summary>
/// <param name="DeviceMajor">The major number of its device.</param>
/// <param name="DeviceMinor">The minor number of its device.</param>
/// <param name="Inode">Its inode; for a System V segment, the segment's id.</param>
/// <param name="IpcNamespace">The IPC namespace of a System V segment, for its id is unique only there; 0 for other files.</param>
internal readonly record struct FileKey(uint DeviceMajor, uint DeviceMinor, ulong Inode, ulong IpcNamespace)
{
    private const string SegmentPrefix = "/SYSV";

    /// <summary>Creates the key of a mapping's file.</summary>
    public static FileKey From(MemoryMapping mapping, ulong ipcNamespace) =>
        new(mapping.DeviceMajor, mapping.DeviceMinor, mapping.Inode, IsSegment(mapping) ? ipcNamespace : 0);

    /// <summary>Whether the mapping is of a System V segment (ipc/shm.c, newseg).</summary>
    public static bool IsSegment(MemoryMapping mapping) => mapping.IsDeleted && mapping.Path?.StartsWith(SegmentPrefix, StringComparison.Ordinal) == true;
}

/// <summary>A part of a file that a process maps.</summary>
/// <param name="File">The file.</param>
/// <param name="Link">A link of proc to the file.</param>
/// <param name="Offset">The first byte.</param>
/// <param name="End">The byte after the last one.</param>
internal readonly record struct FileSpan(FileKey File, FileLink Link, ulong Offset, ulong End);

/// <summary>A link of proc to a file that a process maps or has open.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Path">The path of the link.</param>
internal readonly record struct FileLink(int ProcessId, string Path);
