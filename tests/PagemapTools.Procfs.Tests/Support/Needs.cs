namespace PagemapTools.Procfs.Tests.Support;

/// <summary>What a test needs of the machine; it is skipped with the reason where that is missing.</summary>
internal static class Needs
{
    private static readonly Lazy<bool> s_seesFrames = new(SeesFrames);

    public static bool SeesFrameNumbers => s_seesFrames.Value;

    /// <summary>Whether KPF_KSM means what it says: Linux 6.12 sets it on every anonymous page (fs/proc/page.c). Null where it is hidden.</summary>
    public static bool? KsmFlagIsTrue
    {
        get
        {
            using OwnPages own = OwnPages.EverySecond(1);
            ulong pfn = KernelFile.Pagemap(Environment.ProcessId, own.Start, 1)[0] & Words.Frame;
            return pfn == 0 || !KernelFile.Opens("/proc/kpageflags") ? null : (KernelFile.Words("/proc/kpageflags", pfn, 1)[0] & (ulong)KPageFlags.KSM) == 0;
        }
    }

    /// <summary>
    /// Whether bit 56 is each page's own; before Linux 6.11 a transparent huge page that is mapped whole has that of its first page. So
    /// it has since 6.15, but of the zoo's huge pages none differs there.
    /// </summary>
    public static bool ExclusiveBitIsOfEachPage => Environment.OSVersion.Version >= new Version(6, 11);

    /// <summary>A file that opens for reading.</summary>
    public static void Readable(string path) => Assert.SkipUnless(KernelFile.Opens(path), $"{path} is not there, or not for this user");

    /// <summary>The right to follow /proc/PID/map_files.</summary>
    public static void MapFiles()
    {
        string? link = Directory.EnumerateFiles("/proc/self/map_files").FirstOrDefault();
        Assert.SkipUnless(link is not null, "/proc/self/map_files is empty");
        Readable(link);
    }

    public static void FrameNumbers() =>
        Assert.SkipUnless(SeesFrameNumbers, "the kernel hides frame numbers here: CAP_SYS_ADMIN in the initial user namespace is missing");

    /// <summary>Frame numbers, and the files that are indexed by them.</summary>
    public static void Frames()
    {
        FrameNumbers();
        Readable("/proc/kpageflags");
        Readable("/proc/kpagecount");
    }

    public static void Kernel(int major, int minor, string what) => Assert.SkipUnless(
        Environment.OSVersion.Version >= new Version(major, minor), $"{what} came with Linux {major}.{minor}; this is {Environment.OSVersion.Version}");

    private static bool SeesFrames()
    {
        // The page of any object of this process is present.
        byte[] pinned = GC.AllocateArray<byte>(64, pinned: true);
        unsafe
        {
            fixed (byte* address = pinned)
            {
                return KernelFile.Pagemap(Environment.ProcessId, (ulong)address, 1) is [var word] && (word & Words.Frame) != 0;
            }
        }
    }
}
