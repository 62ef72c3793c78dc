using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs;

/// <summary>The file behind a mapping, opened to be asked about its pages.</summary>
internal sealed class MappedFile : IDisposable
{
    private MappedFile(SafeFileHandle handle, FileStore store, bool hasCachestat)
    {
        Handle = handle;
        Store = store;
        HasCachestat = hasCachestat;
    }

    public SafeFileHandle Handle { get; }

    /// <summary>Where its pages are kept; what is below an overlay is asked, and counts as a disk where that cannot be.</summary>
    public FileStore Store { get; }

    /// <summary>
    /// Whether cachestat tells which of its pages are in memory. Not where a mapping of it maps a file of another file system
    /// (fs/backing-file.c, backing_file_mmap): the open file's own page cache is empty then.
    /// </summary>
    public bool HasCachestat { get; }

    /// <summary>
    /// Opens it through /proc/PID/map_files; null where there is none, it has gone, it is a character device, or
    /// <paramref name="isDenied"/> says that the caller may not.
    /// </summary>
    public static MappedFile? Open(ProcessMemory process, MemoryMapping mapping, out bool isDenied)
    {
        isDenied = false;
        if (!mapping.HasFile)
        {
            return null;
        }

        string path = process.PathOf($"map_files/{mapping.Start:x}-{mapping.End:x}");
        using SafeFileHandle place = FileCalls.OpenPath(path, out int errno);
        isDenied = errno is Errno.EPERM or Errno.EACCES;

        // To open a character device may set it going: the first to open a graphics card is its master (drivers/gpu/drm/drm_auth.c).
        if (errno != 0 || TypeOf(place) is not (StatxCall.FileType.Regular or StatxCall.FileType.BlockDevice))
        {
            return null;
        }

        SafeFileHandle handle = FileCalls.OpenForReading(path, out errno);
        isDenied = errno is Errno.EPERM or Errno.EACCES;
        if (!handle.IsInvalid)
        {
            return Of(handle);
        }

        handle.Dispose();
        return null;
    }

    /// <summary>An open file, which is disposed of with it.</summary>
    public static MappedFile Of(SafeFileHandle handle)
    {
        long type = StatfsCall.TypeOf(handle);
        FileStore store = type switch
        {
            // The node of a block device lies in memory, its pages do not.
            StatfsCall.Tmpfs when TypeOf(handle) == StatxCall.FileType.BlockDevice => FileStore.Disk,
            StatfsCall.Tmpfs => FileStore.Swap,
            StatfsCall.Hugetlbfs => FileStore.HugePages,
            StatfsCall.Overlayfs when UserfaultCall.IsSharedMemory(handle) == true => FileStore.Swap,
            _ => FileStore.Disk,
        };
        bool isStacked = type is StatfsCall.Overlayfs or StatfsCall.Fuse;
        return new MappedFile(handle, store, !isStacked && CachestatCall.Ask(handle, 0, (long)PageGeometry.PageSize) is not null);
    }

    public void Dispose() => Handle.Dispose();

    private static StatxCall.FileType TypeOf(SafeFileHandle file) => StatxCall.OfDescriptor((int)file.DangerousGetHandle())?.Type ?? default;
}
