namespace PagemapTools.Procfs.Holdings;

/// <summary>A file that a process maps or has open.</summary>
/// <param name="key">Its identity: for a mapping, that of maps; for a descriptor, that of statx.</param>
/// <param name="link">A descriptor or a mapping of it.</param>
/// <param name="name">The name in maps, or the text of the descriptor's link.</param>
/// <param name="isDeleted">Whether that name is marked as one of a deleted file.</param>
internal sealed class Holding(FileKey key, FileLink link, string name, bool isDeleted)
{
    public FileKey Key => key;

    public FileLink Link => link;

    public string Name => name;

    public bool IsDeleted => isDeleted;

    /// <summary>Whether it is a System V segment.</summary>
    public bool IsSegment { get; } = FileKey.IsSegment(name, isDeleted);

    public bool IsMapped { get; set; }

    public bool IsHeld { get; set; }

    /// <summary>What statx says of it, which can be another device or inode than that of maps (btrfs, overlayfs); null if the caller may not follow the link.</summary>
    public Statx.FileIdentity? Identity { get; init; }
}

/// <summary>What one process holds.</summary>
internal sealed record ProcessHoldings
{
    /// <summary>The holdings of a process that could not be examined.</summary>
    public static ProcessHoldings Unknown { get; } = new();

    /// <summary>The holdings of a process that has exited, or that has no address space and no descriptors.</summary>
    public static ProcessHoldings None { get; } = new() { SawDescriptors = true };

    /// <summary>The inode of its IPC namespace; null if the caller may not see it.</summary>
    public ulong? IpcNamespace { get; init; }

    /// <summary>The files.</summary>
    public IReadOnlyCollection<Holding> Files { get; init; } = [];

    /// <summary>The number of mapped files whose links the caller may not follow, or that were unmapped meanwhile.</summary>
    public int UnexaminedCount { get; init; }

    /// <summary>Whether the descriptors could be listed and followed.</summary>
    public bool SawDescriptors { get; init; }

    /// <summary>Why descriptors are missing; null if none are, or if nothing of the process could be read.</summary>
    public ProcfsException? Failure { get; init; }

    /// <summary>Whether all mappings and descriptors could be examined.</summary>
    public bool IsComplete => SawDescriptors && UnexaminedCount == 0 && (IpcNamespace is not null || !Files.Any(file => file.IsSegment));
}
