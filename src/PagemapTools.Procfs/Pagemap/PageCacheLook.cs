using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs;

/// <summary>Tells the pages of a file apart that are in the page cache, those that are not any more, and those that never were.</summary>
internal static class PageCacheLook
{
    /// <summary>Marks the pages from <paramref name="offset"/> on: NotMapped for in the cache, SwappedShared for held elsewhere.</summary>
    /// <param name="file">The file.</param>
    /// <param name="isInMemory">Whether its file system has no disk behind it: what it holds and is not in the cache is in swap.</param>
    /// <param name="offset">Where to begin, in bytes.</param>
    /// <param name="states">One state a page, all Unpopulated before the call.</param>
    /// <param name="inCore">Room for one byte a page.</param>
    /// <returns>Whether the kernel tells; if not, nothing is marked.</returns>
    public static bool Mark(SafeFileHandle file, bool isInMemory, long offset, Span<PageState> states, Span<byte> inCore)
    {
        bool hasCachestat = CachestatCall.Ask(file, offset, (long)states.Length << PageGeometry.PageShift) is not null;
        if (!hasCachestat && !MayLookInCore(file))
        {
            return false;
        }

        if (isInMemory)
        {
            MarkHeld(file, offset, states, hasCachestat);
        }
        else if (hasCachestat)
        {
            // On disk a hole that was read is in the page cache too.
            Divide(file, offset, 0, states);
        }

        if (!hasCachestat)
        {
            MarkInCore(file, offset, states, inCore);
        }

        return true;
    }

    /// <summary>Of the others mincore says that every page is in memory (mm/mincore.c, can_do_mincore, Linux 5.2).</summary>
    private static bool MayLookInCore(SafeFileHandle file)
    {
        CallerRights rights = CallerRights.Current;
        return (StatxCall.OfDescriptor((int)file.DangerousGetHandle())?.UserId is { } owner && owner == rights.UserId)
            || rights.MayAskForPagesOfOthers == true;
    }

    /// <summary>Marks what the file holds; a hole is nowhere.</summary>
    private static void MarkHeld(SafeFileHandle file, long offset, Span<PageState> states, bool hasCachestat)
    {
        long end = offset + ((long)states.Length << PageGeometry.PageShift);
        for (long position = offset; FileCalls.NextData(file, position) is { } data && data < end;)
        {
            long hole = Math.Min(end, FileCalls.NextHole(file, data) ?? end);
            int from = (int)((data - offset) >> PageGeometry.PageShift);
            int to = (int)((hole - offset + (long)PageGeometry.PageSize - 1) >> PageGeometry.PageShift);
            if (hasCachestat)
            {
                Divide(file, offset, from, states[from..to]);
            }
            else
            {
                states[from..to].Fill(PageState.SwappedShared);
            }

            position = hole;
        }
    }

    /// <summary>Halves a stretch until all of its pages are alike.</summary>
    private static void Divide(SafeFileHandle file, long offset, int first, Span<PageState> states)
    {
        long start = offset + ((long)first << PageGeometry.PageShift);
        (ulong cached, ulong evicted) = CachestatCall.Ask(file, start, (long)states.Length << PageGeometry.PageShift) ?? default;
        if (evicted == 0 && cached == (ulong)states.Length)
        {
            states.Fill(PageState.NotMapped);
        }
        else if (cached == 0)
        {
            // What is neither in the cache nor known to have been evicted is on disk, or in swap: not in memory either way.
            states.Fill(PageState.SwappedShared);
        }
        else if (states.Length == 1)
        {
            // A folio larger than the page that was asked for counts whole.
            states[0] = PageState.NotMapped;
        }
        else
        {
            int half = states.Length / 2;
            Divide(file, offset, first, states[..half]);
            Divide(file, offset, first + half, states[half..]);
        }
    }

    /// <summary>Before cachestat: mincore on a mapping of the file. It takes a page that is still in the swap cache as being in memory.</summary>
    private static void MarkInCore(SafeFileHandle file, long offset, Span<PageState> states, Span<byte> inCore)
    {
        nint length = (nint)states.Length << PageGeometry.PageShift;
        nint view = MemoryCalls.Map((nuint)length, MemoryCalls.ProtectionRead, MemoryCalls.MapShared, file, offset);
        if (view == 0)
        {
            return;
        }

        if (MemoryCalls.InCore(view, (nuint)length, inCore))
        {
            for (int i = 0; i < states.Length; i++)
            {
                states[i] = (inCore[i] & 1) != 0 ? PageState.NotMapped : states[i];
            }
        }

        MemoryCalls.Unmap(view, (nuint)length);
    }
}
