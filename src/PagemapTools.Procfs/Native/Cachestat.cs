using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>
/// cachestat (Linux 6.5): how many pages of a part of a file are in the page cache, and how many are not any more, which for shared
/// memory means swapped out. Unlike mincore it does not take a copy that is still in the swap cache for the page.
/// </summary>
internal static partial class Cachestat
{
    // The number is the same on every architecture (include/uapi/asm-generic/unistd.h).
    private const nint CachestatNumber = 451;

    [StructLayout(LayoutKind.Sequential)]
    private struct CachestatRange
    {
        public ulong Offset;
        public ulong Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct CachestatResult
    {
        public ulong Cached;
        public ulong Dirty;
        public ulong Writeback;
        public ulong Evicted;
        public ulong RecentlyEvicted;
    }

    /// <summary>Pages in the cache and pages evicted; null where the kernel or the file does not answer.</summary>
    public static unsafe (ulong Cached, ulong Evicted)? Query(SafeFileHandle file, long offset, long length)
    {
        CachestatRange range = new() { Offset = (ulong)offset, Length = (ulong)length };
        CachestatResult result = default;
        nint status = SyscallNative(CachestatNumber, file.DangerousGetHandle(), &range, &result, 0);
        GC.KeepAlive(file);
        return status == 0 ? (result.Cached, result.Evicted) : null;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial nint SyscallNative(nint number, nint file, CachestatRange* range, CachestatResult* result, nint flags);
}
