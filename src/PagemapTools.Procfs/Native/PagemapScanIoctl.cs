using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>struct pm_scan_arg (include/uapi/linux/fs.h, Linux 6.7): twelve u64.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PagemapScanArgument
{
    public ulong Size;
    public ulong Flags;
    public ulong Start;
    public ulong End;
    public ulong WalkEnd;
    public ulong Vector;
    public ulong VectorLength;
    public ulong MaxPages;
    public ulong CategoryInverted;
    public ulong CategoryMask;
    public ulong CategoryAnyOfMask;
    public ulong ReturnMask;
}

/// <summary>struct page_region: a run of pages that share their categories.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PageRegion
{
    public ulong Start;
    public ulong End;
    public ulong Categories;
}

/// <summary>The PAGEMAP_SCAN ioctl of a pagemap file.</summary>
internal static partial class PagemapScanIoctl
{
    private const ulong PagemapScanRequest = 0xC0606610;

    /// <summary>Calls PAGEMAP_SCAN. Returns the number of regions that it filled, or -1 and the error number.</summary>
    public static unsafe int Scan(SafeFileHandle pagemap, ref PagemapScanArgument argument, Span<PageRegion> regions, out int errno)
    {
        fixed (PageRegion* vector = regions)
        {
            argument.Size = (ulong)sizeof(PagemapScanArgument);
            argument.Vector = (ulong)vector;
            argument.VectorLength = (ulong)regions.Length;
            int count;
            do
            {
                count = IoctlNative(pagemap, (nuint)PagemapScanRequest, ref argument);
                errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
            }
            while (errno == Errno.EINTR);

            return count;
        }
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int IoctlNative(SafeFileHandle file, nuint request, ref PagemapScanArgument argument);
}
