using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PagemapTools.TestSupport;

/// <summary>process_madvise(MADV_PAGEOUT), which swaps out pages of another process (Linux 5.10).</summary>
internal static partial class PageOut
{
    private const int PageOutAdvice = 21;

    // These numbers are the same on every architecture (include/uapi/asm-generic/unistd.h).
    private const nint OpenProcessNumber = 434;
    private const nint AdviseProcessNumber = 440;

    /// <summary>Repeats the advice until smaps reports the whole mapping as swapped; skips the test after 20 seconds.</summary>
    public static void SwapOutRegion(TargetRegion region) =>
        SwapOutUntil(region.ProcessId, region.Start, region.Length, () => Smaps.ReadMappings(region.ProcessId).Single(mapping => mapping.Start == region.Start)["Swap"] >= region.Length);

    /// <summary>Repeats the advice until a condition holds; skips the test after 20 seconds.</summary>
    public static unsafe void SwapOutUntil(int processId, ulong start, long length, Func<bool> condition)
    {
        int process = (int)SystemCall(OpenProcessNumber, processId, 0, 0, 0, 0);
        Require.That(process >= 0, "pidfd_open", "the call is refused here");
        nint* vector = stackalloc nint[2] { (nint)start, (nint)length };
        long began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Require.SwapArea(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(20), $"the kernel did not swap out all of process {processId} at 0x{start:x}");
            _ = SystemCall(AdviseProcessNumber, process, (nint)vector, 1, PageOutAdvice, 0);
            Thread.Sleep(20);
        }

        _ = Close(process);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint first, nint second, nint third, nint fourth, nint fifth);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
