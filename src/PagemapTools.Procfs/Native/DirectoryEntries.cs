using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>
/// openat2 and getdents64, for directories that other users fill. No step follows a link, or leaves the file system of the first directory
/// unless the caller says so, and a directory is never read whole.
/// </summary>
internal static partial class DirectoryEntries
{
    // The numbers are the same on every architecture for openat2 (Linux 5.6), and differ for getdents64.
    private const nint OpenAt2Number = 437;
    private const int Directory = 4;
    private const int Regular = 8;

    // RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH (include/uapi/linux/openat2.h).
    private const ulong ResolveNoMount = 0x1;
    private const ulong ResolveInside = ResolveNoMount | 0x2 | 0x4 | 0x8;
    private const ulong CloseOnExec = 0x80000;
    private const ulong NonBlocking = 0x800;
    private const int HeaderSize = 19;
    private const int BufferSize = 32 * 1024;

    // O_DIRECTORY and O_NOATIME (arch/arm64/include/uapi/asm/fcntl.h has another O_DIRECTORY).
    private static readonly ulong s_directory = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000u : 0x10000u;
    private static readonly nint s_getDents = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 61 : 217;

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary>An entry: its name as the file system has it, and whether it is a directory or a regular file. Some file systems do not say.</summary>
    public readonly record struct Entry(byte[] Name, bool IsDirectory, bool IsRegular, bool IsUnknown);

    /// <summary>Opens a directory below another one; on failure the handle is invalid, and <paramref name="errno"/> has the reason.</summary>
    public static SafeFileHandle OpenDirectory(SafeFileHandle parent, ReadOnlySpan<byte> name, out int errno, bool entersMounts = false) =>
        Open(parent, name, s_directory, entersMounts, out errno);

    /// <summary>Opens a regular file in a directory for reading, without waiting; on failure the handle is invalid.</summary>
    public static SafeFileHandle OpenFile(SafeFileHandle parent, ReadOnlySpan<byte> name, out int errno, bool entersMounts = false) =>
        Open(parent, name, NonBlocking, entersMounts, out errno);

    /// <summary>Reads the entries of an open directory through one buffer, without "." and "..".</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="onError">Called with the error number if an error ends the list.</param>
    public static IEnumerable<Entry> Enumerate(SafeFileHandle directory, Action<int> onError)
    {
        byte[] buffer = new byte[BufferSize];
        int length;
        while ((length = Read(directory, buffer, out int errno)) > 0 || errno != 0)
        {
            if (errno != 0)
            {
                onError(errno);
                yield break;
            }

            foreach (Entry entry in Parse(buffer, length))
            {
                yield return entry;
            }
        }
    }

    private static unsafe int Read(SafeFileHandle directory, Span<byte> buffer, out int errno)
    {
        fixed (byte* start = buffer)
        {
            int count = (int)SyscallNative(s_getDents, (int)directory.DangerousGetHandle(), start, buffer.Length);
            errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
            GC.KeepAlive(directory);
            return count;
        }
    }

    private static IEnumerable<Entry> Parse(byte[] buffer, int length)
    {
        // struct linux_dirent64: u64 inode, s64 offset, u16 length, u8 type, name.
        for (int position = 0; position + HeaderSize < length;)
        {
            int size = BitConverter.ToUInt16(buffer, position + 16);
            if (size <= HeaderSize || position + size > length)
            {
                yield break;
            }

            byte type = buffer[position + 18];
            byte[] name = GetName(buffer.AsSpan((position + HeaderSize)..(position + size)));
            position += size;
            if (name is not ([(byte)'.'] or [(byte)'.', (byte)'.']))
            {
                yield return new Entry(name, type == Directory, type == Regular, type == 0);
            }
        }
    }

    private static byte[] GetName(ReadOnlySpan<byte> padded) => padded[..padded.IndexOf((byte)0)].ToArray();

    private static unsafe SafeFileHandle Open(SafeFileHandle parent, ReadOnlySpan<byte> name, ulong flags, bool entersMounts, out int errno)
    {
        byte[] terminated = [.. name, 0];
        OpenHow how = new() { Flags = flags | CloseOnExec, Resolve = entersMounts ? ResolveInside & ~ResolveNoMount : ResolveInside };
        fixed (byte* path = terminated)
        {
            nint handle = SyscallNative(OpenAt2Number, (int)parent.DangerousGetHandle(), path, &how, sizeof(OpenHow));
            errno = handle < 0 ? Marshal.GetLastPInvokeError() : 0;
            GC.KeepAlive(parent);
            return errno == Errno.ENOSYS
                ? OpenStepwise(parent, name, flags == s_directory, entersMounts, out errno)
                : new SafeFileHandle(handle, ownsHandle: true);
        }
    }

    /// <summary>
    /// Does the same before Linux 5.6, which has no openat2: what has the name is opened with O_PATH, checked, and opened through its link in
    /// /proc. A mount of the same file system, such as one made with mount --bind, is entered.
    /// </summary>
    internal static SafeFileHandle OpenStepwise(SafeFileHandle parent, ReadOnlySpan<byte> name, bool isDirectory, bool entersMounts, out int errno)
    {
        using SafeFileHandle unopened = FileIO.OpenPath(parent, name, out errno);
        if (errno == 0)
        {
            Statx.FileIdentity? found = Statx.GetByHandle(unopened);
            errno = found?.Type != (isDirectory ? Statx.FileType.Directory : Statx.FileType.Regular) ? Errno.ENOTDIR
                : !entersMounts && found?.Device != Statx.GetByHandle(parent)?.Device ? Errno.EXDEV
                : 0;
        }

        return errno == 0
            ? FileIO.Reopen(unopened, out errno)
            : new SafeFileHandle(-1, ownsHandle: false);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial nint SyscallNative(nint number, nint file, byte* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial nint SyscallNative(nint number, nint directory, byte* path, OpenHow* how, nint size);
}
