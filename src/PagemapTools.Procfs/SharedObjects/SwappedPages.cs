using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.SharedMemory;

namespace PagemapTools.Procfs.SharedObjects;

/// <summary>
/// Counts the pages of a file of shared memory that are in swap. st_blocks counts them together with those in memory (mm/shmem.c). A
/// file is opened only if a swap area is active and the file has pages.
/// </summary>
internal sealed class SwappedPages(ProcfsContext procfs)
{
    private const int PagesPerProbe = 32 * 1024;

    private readonly bool _hasSwap = procfs.SwapTypes.HasAreas;

    /// <summary>Counts the bytes in swap; null if the caller may not examine the file.</summary>
    /// <param name="identity">The file.</param>
    /// <param name="open">Opens it for reading; the handle may be invalid.</param>
    public long? Count(Statx.FileIdentity identity, Func<SafeFileHandle?> open)
    {
        if (!_hasSwap || identity.Blocks == 0)
        {
            return 0;
        }

        using SafeFileHandle? file = open();
        return file is null || file.IsInvalid || Statx.GetByHandle(file) is not { } opened || (opened.Device, opened.Inode) != (identity.Device, identity.Inode)
            ? null
            : Count(file, (long)identity.Size);
    }

    private long? Count(SafeFileHandle handle, long size)
    {
        using MappedFile file = MappedFile.FromHandle(handle);
        if (file.HasCachestat)
        {
            return Cachestat.Query(handle, 0, long.MaxValue & ~((long)PageGeometry.PageSize - 1)) is (_, ulong evicted) ? (long)(evicted << PageGeometry.PageShift) : null;
        }

        long pages = (size + (long)PageGeometry.PageSize - 1) >> PageGeometry.PageShift;
        PageState[] states = new PageState[Math.Min(pages, PagesPerProbe)];
        byte[] inCore = new byte[states.Length];
        long swapped = 0;
        for (long page = 0; page < pages; page += PagesPerProbe)
        {
            Span<PageState> chunk = states.AsSpan(0, (int)Math.Min(PagesPerProbe, pages - page));
            chunk.Clear();
            if (!PageCacheProbe.Classify(file, page << PageGeometry.PageShift, chunk, inCore, procfs.Capabilities))
            {
                return null;
            }

            foreach (PageState state in chunk)
            {
                swapped += state == PageState.SwappedShared ? (long)PageGeometry.PageSize : 0;
            }
        }

        return swapped;
    }
}
