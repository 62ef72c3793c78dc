namespace PagemapTools.TestSupport;

/// <summary>What this kernel does for this user, by trying it on memory of this process; nothing of the library in it.</summary>
internal static class KernelFeatures
{
    private const ulong Ksm = 1UL << 21;
    private const ulong ZeroPage = 1UL << 24;

    private static readonly Lazy<ulong> s_written = new(() => EntryOfOwnPage(isWritten: true));
    private static readonly Lazy<bool> s_zeroPage = new(FindZeroPage);

    public static bool ShowsPageFrameNumbers => (s_written.Value & PagemapBits.Frame) != 0;

    /// <summary>Whether a page that was just written has bit 55.</summary>
    public static bool HasSoftDirty => (s_written.Value & PagemapBits.SoftDirty) != 0;

    /// <summary>Whether a page that was only read is the zero page.</summary>
    public static bool HasZeroPage => s_zeroPage.Value;

    /// <summary>Whether KPF_KSM means what it says: Linux 6.12 sets it on every anonymous page (fs/proc/page.c). Null where it is hidden.</summary>
    public static bool? KsmFlagIsTrue
    {
        get
        {
            using OwnPages own = OwnPages.EverySecond(1);
            return FlagsOf(KernelFile.Pagemap(Environment.ProcessId, own.Start, 1)[0]) is { } flags ? (flags & Ksm) == 0 : null;
        }
    }

    /// <summary>
    /// Whether bit 56 is each page's own; before Linux 6.11 a transparent huge page that is mapped whole has that of its first page. So
    /// it has since 6.15, but of the test processes' huge pages none differs there.
    /// </summary>
    public static bool ExclusiveBitIsOfEachPage => Machine.Kernel >= new Version(6, 11);

    private static bool FindZeroPage()
    {
        ulong entry = EntryOfOwnPage(isWritten: false);

        // The zero page is exclusive to nobody (fs/proc/task_mmu.c); a page frame of its own is.
        return FlagsOf(entry) is { } flags and not 0 ? (flags & ZeroPage) != 0 : (entry & (PagemapBits.Present | PagemapBits.Exclusive)) == PagemapBits.Present;
    }

    private static ulong? FlagsOf(ulong entry)
    {
        ulong pfn = entry & PagemapBits.Frame;
        return pfn == 0 || !KernelFile.Opens("/proc/kpageflags") ? null : KernelFile.Words("/proc/kpageflags", pfn, 1)[0];
    }

    private static ulong EntryOfOwnPage(bool isWritten)
    {
        using OwnPages own = OwnPages.Anonymous(1);
        if (isWritten)
        {
            own.Write(0);
        }
        else
        {
            own.ReadAll();
        }

        return KernelFile.Pagemap(Environment.ProcessId, own.Start, 1)[0];
    }
}
