using System.Runtime.InteropServices;

namespace PagemapTools.TestProcesses.Native;

internal static unsafe partial class Libc
{
    // The same number on every architecture (include/uapi/asm-generic/unistd.h).
    private const nint IoUringSetup = 425;

    /// <summary>io_uring_setup; the parameters have 120 bytes (include/uapi/linux/io_uring.h).</summary>
    public static nint CreateIoUring(uint entries, byte* parameters) => SystemCall(IoUringSetup, entries, parameters);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, uint first, byte* second);
}
