using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// A file that is an array of native-endian u64 values: /proc/PID/pagemap, indexed by virtual page; /proc/kpageflags, kpagecount and
/// kpagecgroup, indexed by page frame number (Documentation/admin-guide/mm/pagemap.rst); or a saved copy of one of them.
/// </summary>
/// <remarks>Several threads can read at once, because every read passes its offset.</remarks>
public sealed class PageIndexedFile : IDisposable
{
    private readonly PReadFunc _read;

    /// <summary>Reads as pread does: returns the number of bytes, 0 at the end, or -1 with an error number.</summary>
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

    /// <summary>The path by which the file was opened.</summary>
    public string Path { get; }

    /// <summary>The process whose pagemap this is; null for the files of page frames.</summary>
    internal int? ProcessId { get; }

    internal SafeFileHandle? Handle { get; }

    /// <summary>Opens a file of entries, in proc or anywhere else.</summary>
    /// <exception cref="ProcfsException">
    /// The file cannot be opened (<see cref="ProcfsException.ErrorNumber"/> has the reason), is neither a regular file nor a block device,
    /// or has a size that is not a multiple of eight bytes.
    /// </exception>
    public static PageIndexedFile Open(string path)
    {
        SafeFileHandle handle = FileIO.OpenForReadingNonBlocking(path, out int errno);
        return errno == 0 ? Create(path, handle, processId: null)
            : throw new ProcfsException(ProcfsError.ReadFailed, $"'{path}' cannot be opened: {Errno.Describe(errno)}.", path, errorNumber: errno);
    }

    /// <summary>Opens a file of a proc tree; null if the file cannot be opened (<paramref name="errno"/> has the reason).</summary>
    /// <exception cref="ProcfsException">The machine lacks descriptors or memory, or the file is not an array of entries.</exception>
    internal static PageIndexedFile? TryOpen(ProcRoot root, string path, out int errno, int? processId = null)
    {
        SafeFileHandle handle = root.OpenFile(path, out errno, processId);
        return errno == 0 ? Create(path, handle, processId) : null;
    }

    /// <summary>
    /// Reads entries from <paramref name="firstIndex"/> on. After a short read it continues until the kernel returns no more bytes.
    /// </summary>
    /// <returns>The number of entries read. It is smaller than requested at the end of the file, above the address space,
    /// and after the process has exited.</returns>
    /// <exception cref="ProcfsException">The kernel refuses the first entry. After a later refusal the entries before it are returned.</exception>
    public int Read(ulong firstIndex, Span<ulong> entries)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(entries);
        if (firstIndex > (ulong)(long.MaxValue - bytes.Length) / sizeof(ulong))
        {
            // The offset does not fit into a long, so it is beyond the end of every file.
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

    private static PageIndexedFile Create(string path, SafeFileHandle handle, int? processId)
    {
        // The files of proc are regular files of size 0.
        Statx.FileIdentity? file = Statx.GetByHandle(handle);
        string? reason = file switch
        {
            { Type: not (Statx.FileType.Regular or Statx.FileType.BlockDevice) } => "is neither a regular file nor a block device",
            { Size: ulong size } when size % sizeof(ulong) != 0 => $"has {size} bytes, which is no multiple of the {sizeof(ulong)} bytes of an entry",
            _ => null,
        };
        if (reason is null)
        {
            return new PageIndexedFile(path, handle, processId);
        }

        handle.Dispose();
        throw new ProcfsException(ProcfsError.ReadFailed, $"'{path}' {reason}.", path, processId);
    }

    private ProcfsException CreateReadFailed(long offset, int errno) => new(
        ProcfsError.ReadFailed,
        $"Reading '{Path}' at offset 0x{offset:x} failed: {Errno.Describe(errno)}.",
        Path,
        ProcessId,
        errno);
}
