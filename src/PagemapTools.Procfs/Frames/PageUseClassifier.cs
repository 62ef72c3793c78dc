namespace PagemapTools.Procfs.Frames;

/// <summary>Derives the use of a page frame from its flags (fs/proc/page.c, stable_page_flags).</summary>
internal static class PageUseClassifier
{
    // The order matters: a damaged page may still be in the page cache, and a slab page may show ANON falsely.
    private static readonly (KPageFlags Flag, PageUse Use)[] s_uses =
    [
        (KPageFlags.NOPAGE, PageUse.NotMemory),
        (KPageFlags.HWPOISON, PageUse.HardwarePoison),
        (KPageFlags.ZERO_PAGE, PageUse.ZeroPage),
        (KPageFlags.OFFLINE, PageUse.Offline),
        (KPageFlags.BUDDY, PageUse.Free),
        (KPageFlags.SLAB, PageUse.Slab),
        (KPageFlags.PGTABLE, PageUse.PageTable),
        (KPageFlags.HUGE, PageUse.Hugetlb),
        (KPageFlags.RESERVED, PageUse.Reserved),
        (KPageFlags.SWAPCACHE, PageUse.SwapCache),
        (KPageFlags.ANON, PageUse.Anonymous),
    ];

    // A page just added to the page cache waits in a batch of its processor before it is on a list (mm/swap.c, folio_add_lru). It is
    // already up to date; memory of the kernel and of devices never is.
    private const ulong CacheFlags = (ulong)(KPageFlags.LRU | KPageFlags.UPTODATE);

    /// <summary>Classifies a page frame.</summary>
    /// <param name="flags">Its word of kpageflags; <see cref="PfnBatchReader.NoValue"/> beyond the end of memory.</param>
    public static PageUse Classify(ulong flags)
    {
        if (flags == PfnBatchReader.NoValue)
        {
            return PageUse.NotMemory;
        }

        foreach ((KPageFlags flag, PageUse use) in s_uses)
        {
            if ((flags & (ulong)flag) != 0)
            {
                return use;
            }
        }

        return (flags & CacheFlags) == 0 ? PageUse.Kernel
            : (flags & (ulong)KPageFlags.SWAPBACKED) != 0 ? PageUse.SharedMemory
            : PageUse.PageCache;
    }

    /// <summary>
    /// Whether a page frame of this use and the map count 0 is certainly not mapped. A process can map the others without a count:
    /// memory of devices and of the kernel (VM_PFNMAP), and untracked memory. A damaged page frame is not mapped, but the entries of
    /// those who mapped it have its number.
    /// </summary>
    public static bool IsUnmappedWithoutCount(PageUse use) =>
        use is not (PageUse.Unknown or PageUse.NotMemory or PageUse.Reserved or PageUse.Kernel or PageUse.HardwarePoison);
}
