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
    /// <returns>Whether the kernel tells; if not, nothing is marked.</returns>
    public static bool Mark(MappedFile file, long offset, Span<PageState> states, Span<byte> inCore) =>
        file.HasCachestat ? MarkByCachestat(file, offset, states) : MarkByMapping(file, offset, states, inCore);

    /// <summary>Halves a stretch until all of its pages are alike.</summary>
    private static bool MarkByCachestat(MappedFile file, long offset, Span<PageState> states)
    {
        if (CachestatCall.Ask(file.Handle, offset, (long)states.Length << PageGeometry.PageShift) is not (ulong cached, ulong evicted))
        {
            return false;
        }

        // What was evicted of shared memory is in swap, of a file on disk it is nowhere but there.
        ulong swapped = file.Store == FileStore.Swap ? evicted : 0;
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
            // Where a large folio is counted whole, more pages are cached than were asked for.
            states[0] = cached > 0 ? PageState.NotMapped : PageState.SwappedShared;
        }
        else
        {
            int half = states.Length / 2;
            return MarkByCachestat(file, offset, states[..half])
                && MarkByCachestat(file, offset + ((long)half << PageGeometry.PageShift), states[half..]);
        }

        return true;
    }

    /// <summary>By mincore on a mapping of the file. It takes a page that is still in the swap cache as being in memory.</summary>
    private static bool MarkByMapping(MappedFile file, long offset, Span<PageState> states, Span<byte> inCore)
    {
        if (!MayLookInCore(file.Handle) || !LookInCore(file.Handle, offset, states.Length, inCore))
        {
            return false;
        }

        if (file.Store == FileStore.Swap)
        {
            MarkHeld(file.Handle, offset, states);
        }

        for (int i = 0; i < states.Length; i++)
        {
            states[i] = (inCore[i] & 1) != 0 ? PageState.NotMapped : states[i];
        }

        return true;
    }

    /// <summary>Of the others mincore says that every page is in memory (mm/mincore.c, can_do_mincore, Linux 5.2).</summary>
    private static bool MayLookInCore(SafeFileHandle file)
    {
        CallerCapabilities rights = CallerCapabilities.Read(KernelRelease.Read(ProcRoot.Own));
        return (StatxCall.OfDescriptor((int)file.DangerousGetHandle())?.UserId is { } owner && owner == rights.UserId)
            || rights.CanMincoreOthersFiles == true;
    }

    /// <summary>Marks what the file holds; a hole is nowhere.</summary>
    private static void MarkHeld(SafeFileHandle file, long offset, Span<PageState> states)
    {
        long end = offset + ((long)states.Length << PageGeometry.PageShift);
        for (long position = offset; FileCalls.NextData(file, position) is { } data && data < end;)
        {
            position = Math.Min(end, FileCalls.NextHole(file, data) ?? end);
            int from = (int)((data - offset) >> PageGeometry.PageShift);
            int to = (int)((position - offset + (long)PageGeometry.PageSize - 1) >> PageGeometry.PageShift);
            states[from..to].Fill(PageState.SwappedShared);
        }
    }

    private static bool LookInCore(SafeFileHandle file, long offset, int pages, Span<byte> inCore)
    {
        nint length = (nint)pages << PageGeometry.PageShift;
        nint view = MemoryCalls.Map((nuint)length, MemoryCalls.ProtectionRead, MemoryCalls.MapShared, file, offset);
        if (view == 0)
        {
            return false;
        }

        bool isTold = MemoryCalls.InCore(view, (nuint)length, inCore);
        MemoryCalls.Unmap(view, (nuint)length);
        return isTold;
    }
}
