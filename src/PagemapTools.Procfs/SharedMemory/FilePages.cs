using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.SharedMemory;

/// <summary>A page of a file that is in the page cache.</summary>
/// <param name="Offset">The offset of the page in the file, in bytes.</param>
/// <param name="Pfn">The page frame number.</param>
public readonly record struct FilePage(ulong Offset, ulong Pfn);

/// <summary>
/// Finds the page frames of a file. The kernel shows them only through a mapping, so the file is mapped here, read-only and in windows,
/// and only the pages that are in the page cache are populated. No page is read from the disk or marked as accessed. Before cachestat (Linux
/// 6.5), mincore hides a page that is not up to date: one of which only some blocks were written (mm/mincore.c, mincore_page).
/// </summary>
public static class FilePages
{
    // 64 MiB with pages of 4 KiB: an entry and a byte of mincore for each page.
    private const int PagesPerWindow = 16 * 1024;

    /// <summary>Reads the pages of a file that are in the page cache, in order of their offsets. Reading begins with the enumeration.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="path">The path of a regular file. A symbolic link is followed. No other type of file is opened.</param>
    /// <param name="options">How long the file system may hold up the reading; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ProcfsException">
    /// The file cannot be opened or mapped, its file system does not answer, or the kernel does not show its pages to the caller.
    /// </exception>
    public static IEnumerable<FilePage> ReadFilePages(
        this ProcfsContext procfs, string path, TargetRunOptions? options = null, CancellationToken cancellationToken = default)
    {
        HiddenFrames.ThrowIfHidden(procfs);
        foreach (FilePage page in TargetRun.ReadSequence(new ReadTarget(path), token => OpenAndRead(procfs, path, token), options, cancellationToken))
        {
            yield return page;
        }
    }

    /// <summary>Reads the pages of an open file that are in the page cache.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="file">The file.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    internal static IEnumerable<FilePage> Read(ProcfsContext procfs, MappedFile file, string path, CancellationToken cancellationToken)
    {
        if (file.Backing == BackingStore.HugePages)
        {
            throw Failed(path, "it is on hugetlbfs, and the kernel does not show which of its pages exist");
        }

        using PageIndexedFile pagemap = PageIndexedFile.Open("/proc/self/pagemap");
        ulong size = Statx.GetByHandle(file.Handle)?.Size ?? 0;
        ulong window = PagesPerWindow * PageGeometry.PageSize;
        for (ulong offset = 0; offset < size; offset += window)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int pages = (int)((Math.Min(window, size - offset) + PageGeometry.PageSize - 1) >> PageGeometry.PageShift);
            PageState[] states = new PageState[pages];
            if (!PageCacheProbe.Classify(file, (long)offset, states, new byte[pages], procfs.Capabilities))
            {
                throw Failed(path, "the kernel does not show this user which of its pages are in the page cache. The caller does not own the file, and lacks CAP_FOWNER");
            }

            // The window is unmapped before a page is returned, so that this process does not count as one that maps the file.
            foreach (FilePage page in ReadWindow(file, pagemap, path, offset, states))
            {
                yield return page;
            }
        }
    }

    private static IEnumerable<FilePage> OpenAndRead(ProcfsContext procfs, string path, CancellationToken cancellationToken)
    {
        using MappedFile file = Open(path);
        foreach (FilePage page in Read(procfs, file, path, cancellationToken))
        {
            yield return page;
        }
    }

    private static List<FilePage> ReadWindow(MappedFile file, PageIndexedFile pagemap, string path, ulong offset, PageState[] states)
    {
        List<FilePage> found = [];
        if (Array.IndexOf(states, PageState.NotMapped) < 0)
        {
            return found;
        }

        nuint length = (nuint)states.Length << PageGeometry.PageShift;
        nint view = MemoryMap.Map(length, MemoryMap.ProtectionRead, MemoryMap.MapShared, file.Handle, (long)offset);
        if (view == 0)
        {
            throw Failed(path, $"it cannot be mapped: {Errno.Describe(Marshal.GetLastPInvokeError())}");
        }

        try
        {
            // Without MADV_RANDOM a fault may start readahead, and the unmapping marks pages as accessed (mm/memory.c, vma_has_recency).
            _ = MemoryMap.Advise(view, length, MemoryMap.AdviceRandom);
            Populate(view, states);
            ulong[] entries = new ulong[states.Length];
            int read = pagemap.Read(PageGeometry.ToPageIndex((ulong)view), entries);
            for (int i = 0; i < read; i++)
            {
                if (new PagemapEntry(entries[i]).Pfn is { } pfn)
                {
                    found.Add(new FilePage(offset + PageGeometry.ToAddress((ulong)i), pfn));
                }
            }

            return found;
        }
        finally
        {
            MemoryMap.Unmap(view, length);
        }
    }

    /// <summary>Populates runs of cached pages. The kernel reports a page that has vanished by an error, where an access would raise SIGBUS.</summary>
    private static void Populate(nint view, PageState[] states)
    {
        for (int first = 0, end; first < states.Length; first = end)
        {
            end = first + 1;
            while (end < states.Length && states[end] == states[first])
            {
                end++;
            }

            if (states[first] == PageState.NotMapped && !PopulateRun(view, first, end))
            {
                for (int page = first; page < end; page++)
                {
                    PopulateRun(view, page, page + 1);
                }
            }
        }
    }

    private static bool PopulateRun(nint view, int first, int end) =>
        MemoryMap.Advise(view + ((nint)first << PageGeometry.PageShift), (nuint)(end - first) << PageGeometry.PageShift, MemoryMap.AdvicePopulateRead);

    private static MappedFile Open(string path)
    {
        using SafeFileHandle unopened = FileIO.OpenPath(path, out int errno);
        ThrowIfFailed(path, errno);
        if (Statx.GetByHandle(unopened)?.Type != Statx.FileType.Regular)
        {
            throw Failed(path, "it is no regular file, and nothing else is opened");
        }

        SafeFileHandle handle = FileIO.Reopen(unopened, out errno);
        ThrowIfFailed(path, errno);
        return MappedFile.FromHandle(handle);
    }

    private static void ThrowIfFailed(string path, int errno)
    {
        if (errno != 0)
        {
            throw FileErrors.Unopened(path, errno);
        }
    }

    private static ProcfsException Failed(string path, string reason) =>
        new(ProcfsError.ReadFailed, $"The page frames of '{path}' cannot be found: {reason}.", path);
}
