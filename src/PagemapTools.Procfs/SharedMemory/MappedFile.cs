using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Native;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.SharedMemory;

/// <summary>The open file of a mapping, which tells about the file's pages.</summary>
internal sealed class MappedFile : IDisposable
{
    private MappedFile(SafeFileHandle handle, BackingStore backing, bool hasCachestat)
    {
        Handle = handle;
        Backing = backing;
        HasCachestat = hasCachestat;
    }

    public SafeFileHandle Handle { get; }

    /// <summary>Where the file's pages are kept. A file on an overlay counts as one on a disk where the kernel does not tell what is below.</summary>
    public BackingStore Backing { get; }

    /// <summary>
    /// Whether cachestat tells which of its pages are in memory. It does not on a stacked file system, where a mapping maps a file of
    /// the file system below (fs/backing-file.c, backing_file_mmap) and the page cache of the open file is empty.
    /// </summary>
    public bool HasCachestat { get; }

    /// <summary>
    /// Opens the file of a mapping through /proc/PID/map_files. Null where the mapping has no file or no longer exists, where
    /// the file is a character device, where the tree is no proc file system, and where the caller may not open the file
    /// (<paramref name="isDenied"/>).
    /// </summary>
    public static MappedFile? Open(ProcessAddressSpace process, MemoryMapping mapping, out bool isDenied)
    {
        isDenied = false;
        if (!mapping.HasFile || !process.IsInProcFileSystem)
        {
            return null;
        }

        string path = process.GetPath($"map_files/{mapping.Start:x}-{mapping.End:x}");
        using SafeFileHandle place = FileIO.OpenPath(path, out int errno);
        ProcText.ThrowIfExhausted(path, errno, process.ProcessId);
        isDenied = errno is Errno.EPERM or Errno.EACCES;

        // Opening a character device can act on it: the first to open a graphics card becomes its master (drivers/gpu/drm/drm_auth.c).
        if (errno != 0 || GetFileType(place) is not (Statx.FileType.Regular or Statx.FileType.BlockDevice))
        {
            return null;
        }

        SafeFileHandle handle = FileIO.OpenForReading(path, out errno);
        ProcText.ThrowIfExhausted(path, errno, process.ProcessId);
        isDenied = errno is Errno.EPERM or Errno.EACCES;
        if (!handle.IsInvalid)
        {
            return FromHandle(handle);
        }

        handle.Dispose();
        return null;
    }

    /// <summary>Wraps an open file and takes ownership of its handle.</summary>
    public static MappedFile FromHandle(SafeFileHandle handle)
    {
        long fileSystem = Statfs.GetFileSystemType(handle);
        BackingStore backing = fileSystem switch
        {
            // The node of a block device lies in memory, its pages do not.
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

    // userfaultfd takes a mapping of shared memory and refuses one of a file on disk (mm/userfaultfd.c, vma_can_userfault). Nothing else
    // tells what is below a file on an overlay.
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

    private static Statx.FileType GetFileType(SafeFileHandle file) => Statx.GetByDescriptor((int)file.DangerousGetHandle())?.Type ?? default;
}
