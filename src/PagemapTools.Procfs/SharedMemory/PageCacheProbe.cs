using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.SharedMemory;

/// <summary>Finds out which pages of a file are in the page cache, which are swapped out, and which do not exist.</summary>
internal static class PageCacheProbe
{
    private const long CountWindow = 128 << 20;

    /// <summary>Classifies pages of a file: NotMapped if a page is in the page cache, SwappedShared if it is in swap.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">The offset of the first page, in bytes.</param>
    /// <param name="states">Receives the state of each page; all are Unpopulated before the call.</param>
    /// <param name="inCore">A buffer of one byte for each page.</param>
    /// <param name="capabilities">The capabilities of the caller.</param>
    /// <returns>False if the kernel does not report the states. They may then be incomplete.</returns>
    public static bool Classify(MappedFile file, long offset, Span<PageState> states, Span<byte> inCore, CallerCapabilities capabilities) =>
        file.HasCachestat ? ClassifyByCachestat(file, offset, states) : ClassifyByMincore(file, offset, states, inCore, capabilities);

    /// <summary>Halves the range until all pages of a half have the same state.</summary>
    private static bool ClassifyByCachestat(MappedFile file, long offset, Span<PageState> states)
    {
        if (Cachestat.Query(file.Handle, offset, (long)states.Length << PageGeometry.PageShift) is not (ulong cached, ulong evicted))
        {
            return false;
        }

        // Evicted pages of shared memory are in swap, those of a file on a disk only on that disk.
        ulong swapped = file.Backing == BackingStore.Swap ? evicted : 0;
        if (cached == 0 && swapped == 0)
        {
            return true;
        }

        if (swapped == 0 && cached >= (ulong)states.Length)
        {
            states.Fill(PageState.NotMapped);
        }
        else if (cached == 0 && swapped >= (ulong)states.Length)
        {
            states.Fill(PageState.SwappedShared);
        }
        else if (states.Length == 1)
        {
            // The kernel counts a large folio whole, so the count of cached pages may be larger than the range.
            states[0] = cached > 0 ? PageState.NotMapped : PageState.SwappedShared;
        }
        else
        {
            int half = states.Length / 2;
            return ClassifyByCachestat(file, offset, states[..half])
                && ClassifyByCachestat(file, offset + ((long)half << PageGeometry.PageShift), states[half..]);
        }

        return true;
    }

    /// <summary>Uses mincore on a mapping of the file. mincore reports a page that is still in the swap cache as in memory.</summary>
    private static bool ClassifyByMincore(MappedFile file, long offset, Span<PageState> states, Span<byte> inCore, CallerCapabilities capabilities)
    {
        if (!CanUseMincore(file.Handle, capabilities) || !Mincore(file.Handle, offset, states.Length, inCore))
        {
            return false;
        }

        if (file.Backing == BackingStore.Swap)
        {
            MarkAllocated(file.Handle, offset, states);
        }

        for (int i = 0; i < states.Length; i++)
        {
            states[i] = (inCore[i] & 1) != 0 ? PageState.NotMapped : states[i];
        }

        return true;
    }

    /// <summary>Counts the pages of a file that are in the page cache, by mincore; null if the file cannot be mapped.</summary>
    /// <remarks>The caller checks that mincore is truthful (<see cref="CanUseMincore"/>). A file that shrinks meanwhile has no pages beyond its end.</remarks>
    public static long? CountByMincore(SafeFileHandle file, long size, CancellationToken cancellationToken)
    {
        long pages = 0;
        byte[] states = new byte[CountWindow >> PageGeometry.PageShift];
        for (long offset = 0; offset < size; offset += CountWindow)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = (int)((Math.Min(CountWindow, size - offset) + (long)PageGeometry.PageSize - 1) >> PageGeometry.PageShift);
            if (!Mincore(file, offset, count, states))
            {
                return null;
            }

            foreach (byte state in states.AsSpan(0, count))
            {
                pages += state & 1;
            }
        }

        return pages;
    }

    /// <summary>Whether mincore is truthful: it reports every page as in memory to callers without access (mm/mincore.c, can_do_mincore, Linux 5.2).</summary>
    public static bool CanUseMincore(SafeFileHandle file, CallerCapabilities capabilities) =>
        Statx.GetByHandle(file)?.UserId is { } owner && IsOwner(owner, capabilities);

    /// <summary>Whether the kernel treats the caller as the owner of a file, to whom cachestat and mincore show its pages.</summary>
    public static bool IsOwner(uint userId, CallerCapabilities capabilities) => userId == capabilities.UserId || capabilities.CanMincoreOthersFiles == true;

    /// <summary>Marks the pages that the file has allocated as swapped; pages in a hole do not exist.</summary>
    private static void MarkAllocated(SafeFileHandle file, long offset, Span<PageState> states)
    {
        long end = offset + ((long)states.Length << PageGeometry.PageShift);
        for (long position = offset; FileIO.FindData(file, position) is { } data && data < end;)
        {
            position = Math.Min(end, FileIO.FindHole(file, data) ?? end);
            int from = (int)((data - offset) >> PageGeometry.PageShift);
            int to = (int)((position - offset + (long)PageGeometry.PageSize - 1) >> PageGeometry.PageShift);
            states[from..to].Fill(PageState.SwappedShared);
        }
    }

    private static bool Mincore(SafeFileHandle file, long offset, int pages, Span<byte> inCore)
    {
        nint length = (nint)pages << PageGeometry.PageShift;
        nint view = MemoryMap.Map((nuint)length, MemoryMap.ProtectionRead, MemoryMap.MapShared, file, offset);
        if (view == 0)
        {
            return false;
        }

        bool succeeded = MemoryMap.Mincore(view, (nuint)length, inCore);
        MemoryMap.Unmap(view, (nuint)length);
        return succeeded;
    }
}
