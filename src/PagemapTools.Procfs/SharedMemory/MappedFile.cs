using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.SharedMemory;

/// <summary>What keeps the caller from opening the file of a mapping.</summary>
internal enum FileObstacle
{
    /// <summary>Nothing, or there is no file that can be opened.</summary>
    None,

    /// <summary>The caller may not open the file.</summary>
    AccessDenied,

    /// <summary>The file may be on a file system whose server does not answer, or another process has a lease on it.</summary>
    MayNotAnswer,
}

/// <summary>The open file of a mapping.</summary>
internal sealed class MappedFile : IDisposable
{
    private MappedFile(SafeFileHandle handle, BackingStore backing, bool hasCachestat)
    {
        Handle = handle;
        Backing = backing;
        HasCachestat = hasCachestat;
    }

    public SafeFileHandle Handle { get; }

    /// <summary>Where the kernel stores the file's pages. A file on an overlay counts as one on a disk if the kernel does not show the file system below.</summary>
    public BackingStore Backing { get; }

    /// <summary>
    /// Whether cachestat reports which pages of the file are in memory. On a stacked file system it does not: a mapping there maps a file of
    /// the file system below (fs/backing-file.c, backing_file_mmap), and the page cache of the open file is empty.
    /// </summary>
    public bool HasCachestat { get; }

    /// <summary>
    /// Opens the file of a mapping through /proc/PID/map_files. Null if the mapping has no file or was removed, if the file is a character
    /// device, if the tree is no proc file system, if the caller may not open the file, or if another process has a write lease on it.
    /// </summary>
    /// <param name="process">The process that has the mapping.</param>
    /// <param name="mapping">The mapping.</param>
    /// <param name="obstacle">What keeps the caller from opening the file.</param>
    public static MappedFile? Open(ProcessAddressSpace process, MemoryMapping mapping, out FileObstacle obstacle)
    {
        obstacle = FileObstacle.None;
        return mapping.HasFile && process.IsInProcFileSystem
            ? Open(process.GetPath($"map_files/{mapping.Start:x}-{mapping.End:x}"), process.ProcessId, process.IsLocal, out obstacle)
            : null;
    }

    /// <summary>Opens the file behind a link of proc, such as /proc/PID/fd/N, in the same way.</summary>
    /// <param name="link">The link.</param>
    /// <param name="processId">Its process.</param>
    /// <param name="isLocal">Whether a file is on a file system without a server.</param>
    /// <param name="obstacle">What keeps the caller from opening the file.</param>
    public static MappedFile? Open(string link, int processId, Func<Statx.FileIdentity, bool> isLocal, out FileObstacle obstacle)
    {
        SafeFileHandle handle = LinkedFile.Open(link, processId, isLocal, out _, out int errno, acceptsBlockDevice: true);
        obstacle = ToObstacle(errno);
        if (errno == 0)
        {
            return FromHandle(handle);
        }

        handle.Dispose();
        return null;
    }

    /// <summary>Wraps an open file. The wrapper disposes the handle.</summary>
    public static MappedFile FromHandle(SafeFileHandle handle)
    {
        long fileSystem = Statfs.GetFileSystemType(handle);
        BackingStore backing = fileSystem switch
        {
            // The node of a block device is on a tmpfs; its pages are on the device.
            Statfs.Tmpfs when GetFileType(handle) == Statx.FileType.BlockDevice => BackingStore.Disk,
            Statfs.Tmpfs => BackingStore.Swap,
            Statfs.Hugetlbfs => BackingStore.HugePages,
            Statfs.Overlayfs when IsSharedMemory(handle) => BackingStore.Swap,
            _ => BackingStore.Disk,
        };
        bool isStacked = fileSystem is Statfs.Overlayfs or Statfs.Fuse;
        return new MappedFile(handle, backing, !isStacked && Cachestat.Query(handle, 0, (long)PageGeometry.PageSize) is not null);
    }

    public void Dispose() => Handle.Dispose();

    // userfaultfd accepts a mapping of shared memory and rejects one of a file on a disk (mm/userfaultfd.c, vma_can_userfault). No other
    // interface shows the file system below a file on an overlay.
    private static bool IsSharedMemory(SafeFileHandle file)
    {
        nuint length = (nuint)PageGeometry.PageSize;
        using SafeFileHandle? userfault = Userfault.Open();
        nint address = userfault is null ? 0 : MemoryMap.Map(length, MemoryMap.ProtectionRead, MemoryMap.MapPrivate, file, 0);
        if (address == 0)
        {
            return false;
        }

        int errno = Userfault.RegisterMissing(userfault!, address, length);
        MemoryMap.Unmap(address, length);
        return errno == 0;
    }

    private static FileObstacle ToObstacle(int errno) => errno switch
    {
        Errno.EPERM or Errno.EACCES => FileObstacle.AccessDenied,
        Errno.EAGAIN or Errno.EREMOTE => FileObstacle.MayNotAnswer,
        _ => FileObstacle.None,
    };

    private static Statx.FileType GetFileType(SafeFileHandle file) => Statx.GetByHandle(file)?.Type ?? default;
}
