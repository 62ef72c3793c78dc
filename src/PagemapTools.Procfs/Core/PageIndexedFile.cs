using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// A file that is an array of native-endian u64 indexed by page: /proc/PID/pagemap by virtual page,
/// /proc/kpageflags, kpagecount and kpagecgroup by page frame number (Documentation/admin-guide/mm/pagemap.rst),
/// or a saved copy of one of them.
/// </summary>
/// <remarks>Safe to read from several threads: every read names its offset.</remarks>
public sealed class PageIndexedFile : IDisposable
{
    private readonly PReadFunc _read;

    /// <summary>Reads with the semantics of pread: the bytes read, 0 at the end, or -1 and an error number.</summary>
    internal delegate int PReadFunc(Span<byte> buffer, long offset, out int errno);

    internal PageIndexedFile(string path, PReadFunc read)
    {
        Path = path;
        _read = read;
    }

    private PageIndexedFile(string path, SafeFileHandle handle, int? processId)
    {
        Path = path;
        ProcessId = processId;
        Handle = handle;
        _read = (Span<byte> buffer, long offset, out int errno) => FileIO.PRead(handle, buffer, offset, out errno);
    }

    /// <summary>The path it was opened by.</summary>
    public string Path { get; }

    /// <summary>The process whose pagemap it is; null for the files of frames.</summary>
    internal int? ProcessId { get; }

    internal SafeFileHandle? Handle { get; }

    /// <summary>Opens a file of entries.</summary>
    /// <exception cref="ProcfsException">It cannot be opened; <see cref="ProcfsException.ErrorNumber"/> says why.</exception>
    public static PageIndexedFile Open(string path) =>
        TryOpen(path, out int errno) ?? throw new ProcfsException(
            ProcfsError.ReadFailed, $"'{path}' cannot be opened: {Errno.Describe(errno)}.", path, errorNumber: errno);

    internal static PageIndexedFile? TryOpen(string path, out int errno, int? processId = null)
    {
        SafeFileHandle handle = FileIO.OpenForReading(path, out errno);
        if (!handle.IsInvalid)
        {
            return new PageIndexedFile(path, handle, processId);
        }

        handle.Dispose();
        return null;
    }

    /// <summary>
    /// Reads entries from <paramref name="firstIndex"/> on. Goes on after a short read, stops where the kernel gives no more.
    /// </summary>
    /// <returns>How many entries were read: fewer than asked for at the end of the file, above the address space,
    /// or when the process has gone.</returns>
    /// <exception cref="ProcfsException">The kernel refused the first entry; what was read before a later refusal is returned.</exception>
    public int Read(ulong firstIndex, Span<ulong> entries)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(entries);
        if (firstIndex > (ulong)(long.MaxValue - bytes.Length) / sizeof(ulong))
        {
            // Beyond what an offset can say, and so beyond the end.
            return 0;
        }

        long offset = (long)firstIndex * sizeof(ulong);
        int done = 0;
        while (done < bytes.Length)
        {
            int count = _read(bytes[done..], offset + done, out int errno);
            if (count < 0)
            {
                return done >= sizeof(ulong) ? done / sizeof(ulong) : throw CreateReadFailed(offset, errno);
            }

            if (count == 0)
            {
                break;
            }

            done += count;
        }

        return done / sizeof(ulong);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => Handle?.Dispose();

    private ProcfsException CreateReadFailed(long offset, int errno) => new(
        ProcfsError.ReadFailed,
        $"Reading '{Path}' at offset 0x{offset:x} failed: {Errno.Describe(errno)}.",
        Path,
        ProcessId,
        errno);
}
