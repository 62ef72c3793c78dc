using System.Runtime.InteropServices;

namespace PagemapTools.Procfs.Native;

/// <summary>sysinfo (include/uapi/linux/sysinfo.h). Unlike /proc/swaps and /proc/meminfo, lxcfs does not replace it.</summary>
internal static partial class SystemInfo
{
    // A long, three of loads, and four amounts of memory stand before it.
    private const int TotalSwapIndex = 8;
    private const int Words = 32;

    /// <summary>Whether a swap area is active; null if the call fails.</summary>
    public static unsafe bool? HasSwap()
    {
        Span<nuint> words = stackalloc nuint[Words];
        fixed (nuint* info = words)
        {
            return SystemInfoNative(info) == 0 ? words[TotalSwapIndex] != 0 : null;
        }
    }

    [LibraryImport("libc", EntryPoint = "sysinfo")]
    private static unsafe partial int SystemInfoNative(nuint* info);
}
