using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Machine;

internal static class HugePages
{
    private const string Transparent = "/sys/kernel/mm/transparent_hugepage/";

    /// <summary>Returns the size that one entry of the page middle directory maps.</summary>
    public static long GetPmdSize() => SystemSetting.ReadNumber(Transparent + "hpage_pmd_size");

    public static void EnableTransparent(Context context) => EnableOnAdvice(context, Transparent + "enabled");

    /// <summary>Enables folios of a size between a page and a PMD (Linux 6.8).</summary>
    public static void EnableMultiSize(Context context, long bytes)
    {
        string path = $"{Transparent}hugepages-{bytes / 1024}kB/enabled";
        if (!File.Exists(path))
        {
            throw new SkippedException($"{path} is absent: no multi-size transparent huge pages (Linux 6.8)");
        }

        EnableOnAdvice(context, path);
    }

    public static void EnableZeroPage(Context context)
    {
        EnableTransparent(context);
        SystemSetting.Set(context, Transparent + "use_zero_page", "1");
    }

    /// <summary>Maps private anonymous memory as one huge page, by a page fault or else by MADV_COLLAPSE (6.1).</summary>
    public static MappedRegion MakeTransparent(Context context, int count = 1)
    {
        MappedRegion region = MapForHuge(context, count * GetPmdSize());
        region.WriteAll();
        if (Smaps.SumBytes(region, "AnonHugePages") < region.Length && !region.TryAdvise(Libc.MadvCollapse))
        {
            throw new SkippedException("neither a page fault nor MADV_COLLAPSE gave a transparent huge page");
        }

        // The page stays huge, and khugepaged does not collapse it again after a split.
        _ = region.TryAdvise(Libc.MadvNoHugepage);
        return region;
    }

    public static MappedRegion MapForHuge(Context context, long length, int fd = -1)
    {
        int flags = Libc.MapPrivate | (fd < 0 ? Libc.MapAnonymous : 0);
        MappedRegion region = MappedRegion.Map(context, length, Libc.ProtReadWrite, flags, fd, GetPmdSize());
        region.Advise(Libc.MadvHugepage, "MADV_HUGEPAGE");
        return region;
    }

    public static long GetHugetlbSize() => 1024 * MemoryInfo.GetField("Hugepagesize");

    /// <summary>Provides huge pages for the test process: new ones, or free ones if the process cannot grow the pool.</summary>
    public static void Provide(Context context, int pages)
    {
        FacilityLock.Take(context, "hugetlb");
        try
        {
            GrowPool(context, pages);
        }
        catch (SkippedException) when (MemoryInfo.GetField("HugePages_Free") - MemoryInfo.GetField("HugePages_Rsvd") >= pages)
        {
        }
    }

    /// <summary>Grows the pool, and shrinks it by the same number at the end, because others may change the pool meanwhile.</summary>
    private static void GrowPool(Context context, int pages)
    {
        const string Pool = "/proc/sys/vm/nr_hugepages";
        long before = SystemSetting.ReadNumber(Pool);
        SystemSetting.Write(Pool, (before + pages).ToString());
        long grown = SystemSetting.ReadNumber(Pool) - before;
        context.OnExit(() => SystemSetting.Write(Pool, (SystemSetting.ReadNumber(Pool) - grown).ToString()));
        if (grown < pages)
        {
            throw new SkippedException($"{Pool}: memory has only {grown} of {pages} huge pages");
        }
    }

    private static void EnableOnAdvice(Context context, string path)
    {
        if (SystemSetting.Read(path) is "never" or "inherit")
        {
            FacilityLock.Take(context, "thp");
            SystemSetting.Set(context, path, "madvise");
        }
    }
}
