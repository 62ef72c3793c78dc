namespace PagemapTools.Procfs.SharedObjects;

/// <summary>An object of shared memory. A value that the caller may not see is null.</summary>
public sealed class SharedMemoryObject
{
    /// <summary>The kind.</summary>
    public SharedMemoryKind Kind { get; internal init; }

    /// <summary>The id of a System V segment in its IPC namespace; null for other kinds.</summary>
    public int? Id { get; internal init; }

    /// <summary>The key of a System V segment; 0 for IPC_PRIVATE. Null for other kinds.</summary>
    public int? Key { get; internal init; }

    /// <summary>The path of a file, as the processes of its mount namespace see it, or the kernel's name, such as /memfd:NAME; null for a System V segment.</summary>
    public string? Path { get; internal init; }

    /// <summary>
    /// A process in whose namespaces <see cref="Path"/> or <see cref="Id"/> is valid; null if that is the namespace of the caller, or if the
    /// object has no name in any.
    /// </summary>
    public int? NamespaceProcessId { get; internal init; }

    /// <summary>Whether the object has no name, or was removed, so that the kernel frees it when the last process lets go of it. Null if unknown.</summary>
    public bool? IsDeleted { get; internal init; }

    /// <summary>The size in bytes: how much it can have.</summary>
    public long? Size { get; internal init; }

    /// <summary>The bytes in memory that /proc/meminfo counts as Shmem; hugetlb pages are not among them.</summary>
    public long? Resident { get; internal init; }

    /// <summary>The bytes in swap.</summary>
    public long? Swapped { get; internal init; }

    /// <summary>The bytes in hugetlb pages. Null for a System V segment that nobody has attached and that may have such pages.</summary>
    public long? Hugetlb { get; internal init; }

    /// <summary>The name of the user that owns the object.</summary>
    public string? Owner { get; internal init; }

    /// <summary>The ids of the processes that map it, as far as the caller may see them.</summary>
    public IReadOnlyList<int> MappedBy { get; internal init; } = [];

    /// <summary>The ids of the processes that hold a descriptor of it; they may not map it.</summary>
    public IReadOnlyList<int> HeldBy { get; internal init; } = [];

    /// <summary>How often a System V segment is attached; null for other kinds.</summary>
    public long? Attached { get; internal init; }
}

/// <summary>What a reading of shared memory could not see.</summary>
public sealed class SharedMemoryLimits
{
    /// <summary>The number of processes whose descriptors, or mappings and descriptors, the caller may not read.</summary>
    public int UnreadableProcesses => FailureList.Count(failure => failure.Error == ProcfsError.ProcessAccessDenied);

    /// <summary>The number of mapped files that the caller may not examine (/proc/PID/map_files).</summary>
    public int UnexaminedMappings { get; internal set; }

    /// <summary>The number of directories on tmpfs and hugetlbfs that the caller may not read.</summary>
    public int UnreadableDirectories { get; internal set; }

    /// <summary>The number of mounts of tmpfs and hugetlbfs that were not entered, because the path to them leads through a file system that may not answer, or cannot be opened.</summary>
    public int UnreachableMounts { get; internal set; }

    /// <summary>The number of IPC namespaces whose segments the caller may not list.</summary>
    public int UnlistedIpcNamespaces { get; internal set; }

    /// <summary>Why processes, directories and lists of the kernel could not be read, or not in whole.</summary>
    public IReadOnlyList<ProcfsException> Failures => FailureList;

    /// <summary>Whether objects may be missing, or have values that are null, because the caller lacks access to something or a mount was not entered.</summary>
    public bool IsPartial => UnreadableProcesses + UnexaminedMappings + UnreadableDirectories + UnlistedIpcNamespaces + UnreachableMounts > 0;

    internal List<ProcfsException> FailureList { get; } = [];
}

/// <summary>Options of a reading of shared memory.</summary>
public sealed record SharedMemoryQuery
{
    /// <summary>The kinds to read; empty for all.</summary>
    public IReadOnlyCollection<SharedMemoryKind> Kinds { get; init; } = [];

    /// <summary>How long a process may hold up its reading; null for the defaults.</summary>
    public TargetRunOptions? Run { get; init; }

    /// <summary>Called by the thread that enumerates, after the last object; null for no call.</summary>
    public Action<SharedMemoryLimits>? OnComplete { get; init; }
}
