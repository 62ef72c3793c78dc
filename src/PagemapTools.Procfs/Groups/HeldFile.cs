namespace PagemapTools.Procfs.Groups;

/// <summary>A file without a name, which lives as long as processes map it or have it open.</summary>
/// <param name="Link">A descriptor or a mapping of it.</param>
/// <param name="Holder">The group of the processes that hold it; <see cref="Several"/> or <see cref="Outside"/>.</param>
internal sealed record HeldFile(FileLink Link, int Holder)
{
    /// <summary>Stands for processes of no group.</summary>
    public const int Outside = -1;

    /// <summary>Stands for processes of more than one group.</summary>
    public const int Several = -2;
}

/// <summary>What one process holds.</summary>
/// <param name="IpcNamespace">The inode of its IPC namespace; null if the caller may not see it.</param>
/// <param name="Files">Files without a name that it maps or has open, with a link of proc to each.</param>
/// <param name="Segments">System V segments that it maps, with a link of proc to each.</param>
/// <param name="Aliases">Files that maps shows with another device or inode than stat does (btrfs, overlayfs): the key by maps, and the key by stat.</param>
/// <param name="IsComplete">Whether all mappings and descriptors could be examined.</param>
internal sealed record ProcessHoldings(
    ulong? IpcNamespace,
    IReadOnlyDictionary<FileKey, FileLink> Files,
    IReadOnlyDictionary<FileKey, FileLink> Segments,
    IReadOnlyDictionary<FileKey, FileKey> Aliases,
    bool IsComplete)
{
    private static readonly Dictionary<FileKey, FileLink> s_none = [];

    /// <summary>The holdings of a process that could not be examined.</summary>
    public static ProcessHoldings Unknown { get; } = new(null, s_none, s_none, new Dictionary<FileKey, FileKey>(), IsComplete: false);

    /// <summary>The holdings of a process that has exited, or that has no address space and no descriptors.</summary>
    public static ProcessHoldings None { get; } = Unknown with { IsComplete = true };
}
