namespace PagemapTools.Procfs.Processes;

/// <summary>A mapping of a process: one line of /proc/PID/maps (Documentation/filesystems/proc.rst, 3.1).</summary>
public sealed class MemoryMapping
{
    private const string DeletedSuffix = " (deleted)";
    private const ulong KernelSpaceStart = 1UL << 63;

    // Processes share a page table of hugetlb pages only if a mapping covers all of it, 1 GiB on x86-64 (mm/hugetlb.c, huge_pmd_share).
    private static readonly ulong s_sharedTableSize = PageGeometry.PageSize * (PageGeometry.PageSize / 8) * (PageGeometry.PageSize / 8);

    internal MemoryMapping(ProcessContext process)
    {
        Process = process;
    }

    /// <summary>The address of its first byte.</summary>
    public ulong Start { get; internal init; }

    /// <summary>The address after its last byte.</summary>
    public ulong End { get; internal init; }

    /// <summary>Its size in bytes.</summary>
    public ulong Size => End - Start;

    /// <summary>Four letters: read, write, execute, and p for private (copy-on-write) or s for shared.</summary>
    public string Permissions { get; internal init; } = "---p";

    /// <summary>The offset in the file at which it begins, in bytes; 0 without a file.</summary>
    public ulong Offset { get; internal init; }

    /// <summary>The device of the file's inode, major and minor number in hex; 00:00 without a file.</summary>
    public string Device => $"{DeviceMajor:x2}:{DeviceMinor:x2}";

    /// <summary>
    /// The file's inode number; 0 without a file. For a System V segment it is the segment's id, which is 0 for the first segment of an
    /// IPC namespace (ipc/shm.c, newseg). Only the device shows whether the mapping has a file.
    /// </summary>
    public ulong Inode { get; internal init; }

    /// <summary>
    /// The file's path, or the kernel's name in brackets; null for anonymous memory without a name. The suffix " (deleted)" is removed
    /// (<see cref="IsDeleted"/>). A byte that is not UTF-8 becomes \xNN.
    /// </summary>
    public string? Path { get; internal init; }

    /// <summary>
    /// Whether the name ends in " (deleted)". The kernel appends that to the path of a deleted file (fs/d_path.c). The name of a file
    /// can have this ending itself. The property is then true, too, and <see cref="Path"/> lacks the ending.
    /// </summary>
    public bool IsDeleted { get; internal init; }

    /// <summary>Its purpose.</summary>
    public MappingKind Kind { get; internal init; }

    /// <summary>Whether all processes that map it see its writes.</summary>
    public bool IsShared => Permissions[^1] == 's';

    /// <summary>The id of the process that has the mapping.</summary>
    public int ProcessId => Process.Id;

    /// <summary>The path, or [anon] if there is none.</summary>
    public string Name => Path ?? "[anon]";

    internal uint DeviceMajor { get; init; }

    internal uint DeviceMinor { get; init; }

    // No file system has the device 00:00: get_anon_bdev (fs/super.c) numbers devices from 1.
    internal bool HasFile => (DeviceMajor, DeviceMinor) != (0, 0);

    // A private mapping of /dev/zero is anonymous memory, although maps shows the device (drivers/char/mem.c, mmap_zero).
    internal bool IsFileBacked => HasFile && (IsShared || Path?.EndsWith("/zero", StringComparison.Ordinal) != true);

    /// <summary>Whether processes may share a page table of the mapping, if it has hugetlb pages.</summary>
    internal bool MayShareTables => IsShared && ((Start + s_sharedTableSize - 1) & ~(s_sharedTableSize - 1)) + s_sharedTableSize <= End;

    internal ProcessContext Process { get; }

    // pagemap has no entries above TASK_SIZE, where the vsyscall page is (fs/proc/task_mmu.c, pagemap_read).
    internal bool HasPagemap => Start < KernelSpaceStart;

    /// <summary>The range, the permissions and the name, as in maps; safe for a terminal.</summary>
    public override string ToString() => $"{Start:x}-{End:x} {Permissions} {VisibleText.Escape(Name)}";

    /// <summary>Creates the part of the mapping that begins at an address.</summary>
    internal MemoryMapping CutAt(ulong start) => new(Process)
    {
        Start = start,
        End = End,
        Permissions = Permissions,
        Offset = HasFile ? Offset + (start - Start) : Offset,
        DeviceMajor = DeviceMajor,
        DeviceMinor = DeviceMinor,
        Inode = Inode,
        Path = Path,
        IsDeleted = IsDeleted,
        Kind = Kind,
    };

    internal static (string? Path, bool IsDeleted) SplitDeletedSuffix(string name) =>
        name.Length == 0 ? (null, false)
        : name.EndsWith(DeletedSuffix, StringComparison.Ordinal) ? (name[..^DeletedSuffix.Length], true)
        : (name, false);
}
