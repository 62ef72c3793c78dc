using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>statfs and fstatfs, for the type of a file system (include/uapi/linux/magic.h).</summary>
internal static partial class Statfs
{
    public const long Proc = 0x9fa0;
    public const long Tmpfs = 0x01021994;
    public const long Cgroup2 = 0x63677270;
    public const long Hugetlbfs = 0x958458f6;
    public const long Overlayfs = 0x794c7630;
    public const long Fuse = 0x65735546;

    // struct statfs is smaller on every architecture. Its first field is the type, a long.
    private const int ResultSize = 256;

    /// <summary>Gets the type of the file system that a file is on; 0 on failure.</summary>
    public static unsafe long GetFileSystemType(SafeFileHandle file)
    {
        byte* result = stackalloc byte[ResultSize];
        return StatfsNative(file, result) == 0 ? (long)*(nint*)result : 0;
    }

    /// <summary>Gets the type of the file system that a path is on; 0 on failure.</summary>
    public static unsafe long GetFileSystemType(string path)
    {
        byte* result = stackalloc byte[ResultSize];
        return StatfsPathNative(path, result) == 0 ? (long)*(nint*)result : 0;
    }

    [LibraryImport("libc", EntryPoint = "statfs", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatfsPathNative(string path, byte* result);

    [LibraryImport("libc", EntryPoint = "fstatfs")]
    private static unsafe partial int StatfsNative(SafeFileHandle file, byte* result);
}
