using PagemapTools.Procfs.Holdings;

namespace PagemapTools.Procfs.FileCache;

/// <summary>How much of a file is in the page cache. Sizes are in bytes, of whole pages; a value that the kernel does not show is null.</summary>
public sealed class FileCacheInfo
{
    internal FileCacheInfo(string path, Statx.FileIdentity details)
    {
        Path = path;
        Length = (long)Math.Min(details.Size, long.MaxValue);
        Inode = details.Inode;
        IsDeleted = details.Links == 0;
        Device = $"{details.DeviceMajor:x2}:{details.DeviceMinor:x2}";
        Key = new FileKey(details.Device, details.Inode);
    }

    /// <summary>The path. A byte that is not UTF-8 becomes \xNN. For a file that a process holds, the path that this process sees.</summary>
    public string Path { get; }

    /// <summary>The length of the file.</summary>
    public long Length { get; }

    /// <summary>The bytes in the page cache, up to the end of the file.</summary>
    public long Cached { get; internal init; }

    /// <summary>The bytes that were written and are not yet on the disk; null without cachestat.</summary>
    public long? Dirty { get; internal init; }

    /// <summary>The bytes that are being written to the disk; null without cachestat.</summary>
    public long? Writeback { get; internal init; }

    /// <summary>The bytes that were in the page cache before, as far as the kernel remembers; for a file on tmpfs those in swap. Null without cachestat.</summary>
    public long? Evicted { get; internal init; }

    /// <summary>The evicted bytes that the kernel would treat as part of the working set if they were read again; null without cachestat.</summary>
    public long? RecentlyEvicted { get; internal init; }

    /// <summary>The part of the file that is in the page cache, in percent; null for an empty file.</summary>
    public double? CachedPercent => Length == 0 ? null : Math.Round(Math.Min(100, 100.0 * Cached / PageGeometry.PageSize / CountPages((ulong)Length)), 2);

    /// <summary>The ids of the processes that map the file, as far as the caller may see them; null if it was not requested.</summary>
    public IReadOnlyList<int>? MappedBy { get; internal set; }

    /// <summary>The ids of the processes that hold a descriptor of the file; null if it was not requested.</summary>
    public IReadOnlyList<int>? HeldBy { get; internal set; }

    /// <summary>Whether the file has no name any more; it goes when the last process lets go of it.</summary>
    public bool IsDeleted { get; }

    /// <summary>A process in whose mount namespace <see cref="Path"/> is valid; null if that is the namespace of the caller.</summary>
    public int? NamespaceProcessId { get; internal set; }

    /// <summary>The device of the file, major and minor number in hex. Two paths with the same device and inode are one file.</summary>
    public string Device { get; }

    /// <summary>The inode number of the file.</summary>
    public ulong Inode { get; }

    /// <summary>Where the figures come from.</summary>
    public FileCacheMethod Method { get; internal init; }

    internal FileKey Key { get; set; }

    /// <summary>The number of pages that a file of a length has.</summary>
    internal static ulong CountPages(ulong length) => (length / PageGeometry.PageSize) + (length % PageGeometry.PageSize == 0 ? 0UL : 1);
}
