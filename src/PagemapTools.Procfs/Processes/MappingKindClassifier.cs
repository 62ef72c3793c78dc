namespace PagemapTools.Procfs.Processes;

/// <summary>Derives the kind of a mapping from the name that the kernel prints (fs/proc/task_mmu.c, get_vma_name).</summary>
internal static class MappingKindClassifier
{
    public static MappingKind Classify(string? path, bool isDeleted)
    {
        if (path is null)
        {
            return MappingKind.Anonymous;
        }

        if (path[0] == '[')
        {
            return ClassifySpecial(path);
        }

        // The kernel names shared anonymous memory "/dev/zero (deleted)" (mm/shmem.c) and System V memory "/SYSVkey (deleted)" (ipc/shm.c).
        bool isSharedMemory = path.StartsWith("/dev/shm/", StringComparison.Ordinal)
            || (isDeleted && (path.StartsWith("/memfd:", StringComparison.Ordinal)
                || path.StartsWith("/SYSV", StringComparison.Ordinal)
                || path is "/dev/zero"));
        return isSharedMemory ? MappingKind.SharedMemory : MappingKind.File;
    }

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
