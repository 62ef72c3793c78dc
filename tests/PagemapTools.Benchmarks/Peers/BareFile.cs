using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Benchmarks.Peers;

/// <summary>The system calls alone: the lower bound of a reader on one thread.</summary>
internal static partial class BareFile
{
    /// <summary>Preads a range of a file with one buffer; returns the bytes read.</summary>
    public static long ReadRange(string path, long offset, long end, Span<byte> buffer)
    {
        using SafeFileHandle file = Open(path);
        return ReadRange((int)file.DangerousGetHandle(), offset, end, buffer);
    }

    /// <summary>Preads ranges of a file with one buffer; returns the bytes read.</summary>
    public static long ReadRanges(string path, IEnumerable<(long Offset, long End)> ranges, byte[] buffer)
    {
        using SafeFileHandle file = Open(path);
        int descriptor = (int)file.DangerousGetHandle();
        return ranges.Sum(range => ReadRange(descriptor, range.Offset, range.End, buffer));
    }

    private static unsafe long ReadRange(int descriptor, long offset, long end, Span<byte> buffer)
    {
        long position = offset;
        fixed (byte* start = buffer)
        {
            while (position < end)
            {
                nint count = PRead(descriptor, start, (nuint)Math.Min(buffer.Length, end - position), position);
                if (count <= 0)
                {
                    break;
                }

                position += count;
            }
        }

        return position - offset;
    }

    /// <summary>Reads a file from its beginning to its end; returns the bytes read.</summary>
    public static unsafe long ReadWhole(string path, Span<byte> buffer)
    {
        using SafeFileHandle file = Open(path);
        int descriptor = (int)file.DangerousGetHandle();
        long total = 0;
        fixed (byte* start = buffer)
        {
            for (nint count; (count = Read(descriptor, start, (nuint)buffer.Length)) > 0;)
            {
                total += count;
            }
        }

        return total;
    }

    private static SafeFileHandle Open(string path)
    {
        SafeFileHandle file = OpenNative(path, 0, 0);
        return file.IsInvalid ? throw new BenchmarkException($"'{path}' cannot be opened.") : file;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenNative(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "pread")]
    private static unsafe partial nint PRead(int file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "read")]
    private static unsafe partial nint Read(int file, byte* buffer, nuint count);
}
