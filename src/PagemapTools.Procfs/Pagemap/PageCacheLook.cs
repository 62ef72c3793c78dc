using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs;

/// <summary>Tells the pages of a file apart that are in the page cache, those that are not any more, and those that never were.</summary>
internal static class PageCacheLook
{
    /// <summary>Marks the pages from <paramref name="offset"/> on: NotMapped for in the cache, SwappedShared for held elsewhere.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where to begin, in bytes.</param>
    /// <param name="states">One state a page, all Unpopulated before the call.</param>
    /// <param name="inCore">Room for one byte a page.</param>
    public static void Mark(SafeFileHandle file, long offset, Span<PageState> states, Span<byte> inCore)
    {
        long length = (long)states.Length << PageGeometry.PageShift;
        long end = offset + length;
        bool hasCachestat = CachestatCall.Ask(file, offset, length) is not null;
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

        if (!hasCachestat)
        {
            MarkInCore(file, offset, states, inCore);
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
