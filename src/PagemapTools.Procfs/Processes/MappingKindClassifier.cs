namespace PagemapTools.Procfs.Processes;

/// <summary>Derives the kind of a mapping from the name that the kernel prints (fs/proc/task_mmu.c, get_vma_name) and from its device.</summary>
internal static class MappingKindClassifier
{
    private const string Devices = "/dev/";

    /// <summary>Classifies a mapping.</summary>
    /// <param name="path">Its name without the mark of a deleted file; null if it has none.</param>
    /// <param name="isDeleted">Whether the name has that mark.</param>
    /// <param name="isShared">Whether all processes that map it see its writes.</param>
    /// <param name="store">What its device is; null if that is unknown, or if the mapping has no file.</param>
    public static MappingKind Classify(string? path, bool isDeleted, bool isShared, BackingStore? store)
    {
        if (path is null)
        {
            return store == BackingStore.HugePages ? MappingKind.Hugetlb : MappingKind.Anonymous;
        }

        if (path[0] == '[')
        {
            return ClassifySpecial(path);
        }

        // The kernel names a mapping of a facility that has no file, such as io_uring, without a slash (fs/anon_inodes.c).
        if (path[0] != '/')
        {
            return path.StartsWith("anon_inode:", StringComparison.Ordinal) ? MappingKind.AnonInode : MappingKind.Special;
        }

        return store switch
        {
            BackingStore.HugePages => MappingKind.Hugetlb,
            BackingStore.Swap when !IsDevice(path, isDeleted) => MappingKind.SharedMemory,
            _ => ClassifyPath(path, isDeleted, isShared, store),
        };
    }

    private static MappingKind ClassifyPath(string path, bool isDeleted, bool isShared, BackingStore? store)
    {
        // A private mapping of /dev/zero is anonymous memory, although maps shows the device (drivers/char/mem.c, mmap_zero).
        if (path is "/dev/zero" && !isDeleted && !isShared)
        {
            return MappingKind.Anonymous;
        }

        // The kernel names shared anonymous memory "/dev/zero (deleted)" (mm/shmem.c), System V memory "/SYSVkey (deleted)" (ipc/shm.c), and
        // MAP_HUGETLB "/anon_hugepage (deleted)" (fs/hugetlbfs/inode.c).
        bool isSharedMemory = path.StartsWith("/dev/shm/", StringComparison.Ordinal)
            || (isDeleted && (path.StartsWith("/memfd:", StringComparison.Ordinal)
                || path.StartsWith("/SYSV", StringComparison.Ordinal)
                || path is "/dev/zero"));
        return isSharedMemory ? MappingKind.SharedMemory
            : isDeleted && path is "/anon_hugepage" ? MappingKind.Hugetlb
            : store == BackingStore.Swap && IsDevice(path, isDeleted) ? MappingKind.Device
            : MappingKind.File;
    }

    // The nodes of devices are on a tmpfs. POSIX shared memory is on another one.
    private static bool IsDevice(string path, bool isDeleted) =>
        !isDeleted && path.StartsWith(Devices, StringComparison.Ordinal) && !path.StartsWith("/dev/shm/", StringComparison.Ordinal);

    private static MappingKind ClassifySpecial(string name) => name switch
    {
        "[heap]" => MappingKind.Heap,
        "[stack]" => MappingKind.Stack,
        "[vdso]" => MappingKind.Vdso,
        "[vsyscall]" => MappingKind.Vsyscall,
        _ when name.StartsWith("[vvar", StringComparison.Ordinal) => MappingKind.Vvar,
        _ when name.StartsWith("[anon_shmem:", StringComparison.Ordinal) => MappingKind.SharedMemory,
        _ when name.StartsWith("[anon:", StringComparison.Ordinal) => MappingKind.NamedAnonymous,
        _ when name.StartsWith("[stack:", StringComparison.Ordinal) => MappingKind.Stack,
        _ => MappingKind.Special,
    };
}
