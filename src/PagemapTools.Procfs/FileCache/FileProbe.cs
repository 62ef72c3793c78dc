using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.SharedMemory;

namespace PagemapTools.Procfs.FileCache;

/// <summary>Measures how much of an open file is in the page cache. Safe to use from several threads.</summary>
internal sealed class FileProbe(ProcfsContext procfs)
{
    private readonly ConcurrentDictionary<(uint Major, uint Minor), long> _fileSystems = new();
    private volatile bool _lacksCachestat;

    /// <summary>Measures a file.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="path">Its path.</param>
    /// <param name="details">Its details, from before it was opened. A file that shrinks meanwhile has no pages beyond its end.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">The kernel does not show the pages to the caller.</exception>
    public FileCacheInfo Measure(SafeFileHandle file, string path, in Statx.FileIdentity details, CancellationToken cancellationToken)
    {
        long fileSystem = GetFileSystem(file, details);
        if (fileSystem == Statfs.Hugetlbfs)
        {
            return new FileCacheInfo(path, details) { Cached = (long)details.Blocks * Statx.BlockSize, Method = FileCacheMethod.Blocks };
        }

        // A mapping of a file on a stacked file system maps the file below, whose page cache cachestat does not see (fs/backing-file.c).
        return fileSystem is Statfs.Overlayfs or Statfs.Fuse || _lacksCachestat
            ? MeasureByMincore(file, path, details, cancellationToken)
            : MeasureByCachestat(file, path, details, cancellationToken);
    }

    // The type of the file system is read once for each device: fstatfs costs as much as cachestat.
    private long GetFileSystem(SafeFileHandle file, in Statx.FileIdentity details)
    {
        (uint, uint) device = details.Device;
        if (!_fileSystems.TryGetValue(device, out long type))
        {
            _fileSystems[device] = type = Statfs.GetFileSystemType(file);
        }

        return type;
    }

    private FileCacheInfo MeasureByCachestat(SafeFileHandle file, string path, in Statx.FileIdentity details, CancellationToken cancellationToken)
    {
        // A length of 0 would stand for the rest of the file.
        CacheCounts counts = default;
        int errno = details.Size == 0 ? 0 : Cachestat.Query(file, 0, (long)Math.Min(details.Size, long.MaxValue), out counts);
        if (errno != 0)
        {
            // A seccomp filter that does not know cachestat may answer EPERM, too.
            bool isHidden = errno == Errno.EPERM && !MayExamine(file, details);
            _lacksCachestat |= errno == Errno.ENOSYS;
            return isHidden ? throw FileErrors.Hidden(path)
                : errno is Errno.ENOSYS or Errno.EPERM or Errno.EOPNOTSUPP ? MeasureByMincore(file, path, details, cancellationToken)
                : throw FileErrors.Unexamined(path, errno);
        }

        // The kernel may count a large folio whole that reaches beyond the end.
        ulong pages = FileCacheInfo.CountPages(details.Size);
        return new FileCacheInfo(path, details)
        {
            Cached = ToBytes(Math.Min(counts.Cached, pages)),
            Dirty = ToBytes(Math.Min(counts.Dirty, pages)),
            Writeback = ToBytes(Math.Min(counts.Writeback, pages)),
            Evicted = ToBytes(counts.Evicted),
            RecentlyEvicted = ToBytes(counts.RecentlyEvicted),
            Method = FileCacheMethod.Cachestat,
        };
    }

    private FileCacheInfo MeasureByMincore(SafeFileHandle file, string path, in Statx.FileIdentity details, CancellationToken cancellationToken)
    {
        // To callers without access mincore says that every page is in memory.
        if (details.Size > 0 && !MayExamine(file, details))
        {
            throw FileErrors.Hidden(path);
        }

        long pages = PageCacheProbe.CountByMincore(file, (long)Math.Min(details.Size, long.MaxValue), cancellationToken)
            ?? throw FileErrors.Unexamined(path, Errno.ENODEV);
        return new FileCacheInfo(path, details) { Cached = pages << PageGeometry.PageShift, Method = FileCacheMethod.Mincore };
    }

    private bool MayExamine(SafeFileHandle file, in Statx.FileIdentity details)
    {
        bool mayExamine = PageCacheProbe.IsOwner(details.UserId, procfs.Capabilities) || Faccessat.CanWrite($"/proc/self/fd/{file.DangerousGetHandle()}");
        GC.KeepAlive(file);
        return mayExamine;
    }

    private static long ToBytes(ulong pages) => (long)(pages << PageGeometry.PageShift);
}
