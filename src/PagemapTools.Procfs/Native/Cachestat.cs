using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>
/// cachestat (Linux 6.5, mm/filemap.c) counts the pages of a range of a file: those in the page cache, and those that were evicted from
/// it. An evicted page of shared memory is swapped out. mincore, unlike cachestat, reports a page in the swap cache as in memory.
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

    /// <summary>Counts pages in the page cache and evicted pages. Null if the call fails: before Linux 6.5, for hugetlbfs, or without access to the file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">The first byte of the range.</param>
    /// <param name="length">The length of the range in bytes; 0 for the rest of the file.</param>
    public static (ulong Cached, ulong Evicted)? Query(SafeFileHandle file, long offset, long length) =>
        Query(file, offset, length, out CacheCounts counts) == 0 ? (counts.Cached, counts.Evicted) : null;

    /// <summary>Counts the pages of a range by their state. Returns 0 or the error number.</summary>
    public static unsafe int Query(SafeFileHandle file, long offset, long length, out CacheCounts counts)
    {
        CachestatRange range = new() { Offset = (ulong)offset, Length = (ulong)length };
        fixed (CacheCounts* result = &counts)
        {
            *result = default;
            nint status = SyscallNative(CachestatNumber, file.DangerousGetHandle(), &range, result, 0);
            GC.KeepAlive(file);
            return status == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial nint SyscallNative(nint number, nint file, CachestatRange* range, CacheCounts* result, nint flags);
}

/// <summary>The pages of a range of a file by their state (include/uapi/linux/mman.h, struct cachestat).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct CacheCounts(ulong Cached, ulong Dirty, ulong Writeback, ulong Evicted, ulong RecentlyEvicted);
