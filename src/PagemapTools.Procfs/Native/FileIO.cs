using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>
/// open, read, pread, write, pwrite and lseek with the kernel's error number. The framework's file classes throw the same exception for EACCES
/// and EPERM, and for ESRCH and EIO; the library has to distinguish them.
/// </summary>
internal static partial class FileIO
{
    private const int ReadOnly = 0;
    private const int WriteOnly = 1;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int PathOnly = 0x200000;
    private const int SeekData = 3;
    private const int SeekHole = 4;

    // arm64 has a number of its own (arch/arm64/include/uapi/asm/fcntl.h).
    private static readonly int s_noFollow = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>Opens for reading without waiting for the other end of a FIFO.</summary>
    public static SafeFileHandle OpenForReadingNonBlocking(string path, out int errno) => Open(path, ReadOnly | NonBlocking, out errno);

    /// <summary>Opens a file for reading. On failure the handle is invalid and <paramref name="errno"/> has the reason.</summary>
    public static SafeFileHandle OpenForReading(string path, out int errno) => Open(path, ReadOnly, out errno);

    /// <summary>Opens a file for writing. On failure the handle is invalid and <paramref name="errno"/> has the reason.</summary>
    public static SafeFileHandle OpenForWriting(string path, out int errno) => Open(path, WriteOnly, out errno);

    /// <summary>Opens a path without opening the file (O_PATH): no driver or file system is called, and reads fail.</summary>
    public static SafeFileHandle OpenPath(string path, out int errno) => Open(path, PathOnly, out errno);

    /// <summary>
    /// Opens the file of an O_PATH handle for reading: that very file, whatever has its path by now. It does not wait for the other end of a
    /// FIFO, or for a process that has a lease on the file.
    /// </summary>
    public static SafeFileHandle Reopen(SafeFileHandle unopened, out int errno)
    {
        SafeFileHandle handle = OpenForReadingNonBlocking($"/proc/self/fd/{unopened.DangerousGetHandle()}", out errno);
        GC.KeepAlive(unopened);
        return handle;
    }

    /// <summary>Opens an entry of a directory with O_PATH, without following a link.</summary>
    public static unsafe SafeFileHandle OpenPath(SafeFileHandle directory, ReadOnlySpan<byte> name, out int errno)
    {
        fixed (byte* path = (byte[])[.. name, 0])
        {
            SafeFileHandle handle = OpenAtNative(directory, path, PathOnly | s_noFollow | CloseOnExec, 0);
            errno = handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
            return handle;
        }
    }

    /// <summary>Calls pread once, and again if a signal interrupts it. Returns the bytes read, or -1 and the error number.</summary>
    public static unsafe int PRead(SafeFileHandle file, Span<byte> buffer, long offset, out int errno)
    {
        fixed (byte* start = buffer)
        {
            nint count;
            do
            {
                count = PReadNative(file, start, (nuint)buffer.Length, offset);
                errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
            }
            while (errno == Errno.EINTR);

            return (int)count;
        }
    }

    /// <summary>Calls read once, and again if a signal interrupts it. Returns the bytes read, or -1 and the error number.</summary>
    public static unsafe int Read(SafeFileHandle file, Span<byte> buffer, out int errno)
    {
        fixed (byte* start = buffer)
        {
            nint count;
            do
            {
                count = ReadNative(file, start, (nuint)buffer.Length);
                errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
            }
            while (errno == Errno.EINTR);

            return (int)count;
        }
    }

    /// <summary>Calls write once. Returns 0 or the error number.</summary>
    public static unsafe int Write(SafeFileHandle file, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            return WriteNative(file, start, (nuint)bytes.Length) < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
    }

    /// <summary>Calls pwrite once. Returns the bytes written, or -1 and the error number.</summary>
    public static unsafe int PWrite(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset, out int errno)
    {
        fixed (byte* start = bytes)
        {
            nint count = PWriteNative(file, start, (nuint)bytes.Length, offset);
            errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
            return (int)count;
        }
    }

    /// <summary>Finds the first offset at or after <paramref name="offset"/> with data (SEEK_DATA); null if there is none.</summary>
    public static long? FindData(SafeFileHandle file, long offset) => Seek(file, offset, SeekData);

    /// <summary>Finds the first hole at or after <paramref name="offset"/> (SEEK_HOLE). The end of the file is a hole. Null on failure.</summary>
    public static long? FindHole(SafeFileHandle file, long offset) => Seek(file, offset, SeekHole);

    private static long? Seek(SafeFileHandle file, long offset, int whence)
    {
        long position = SeekNative(file, offset, whence);
        return position < 0 ? null : position;
    }

    private static SafeFileHandle Open(string path, int access, out int errno)
    {
        SafeFileHandle handle = OpenNative(path, access | CloseOnExec, 0);
        errno = handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        return handle;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenNative(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    private static unsafe partial SafeFileHandle OpenAtNative(SafeFileHandle directory, byte* path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static unsafe partial nint PReadNative(SafeFileHandle file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static unsafe partial nint ReadNative(SafeFileHandle file, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint WriteNative(SafeFileHandle file, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static unsafe partial nint PWriteNative(SafeFileHandle file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long SeekNative(SafeFileHandle file, long offset, int whence);
}
