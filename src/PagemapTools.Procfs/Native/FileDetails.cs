using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>
/// What statx says of a file without opening it, and without a request to a server: AT_STATX_DONT_SYNC returns what the kernel has
/// (fs/fuse/dir.c, fuse_update_get_attr), and AT_NO_AUTOMOUNT mounts nothing.
/// </summary>
internal readonly partial record struct FileDetails(
    uint UserId, Statx.FileType Type, ulong Inode, ulong Size, ulong Blocks, uint Links, uint DeviceMajor, uint DeviceMinor)
{
    /// <summary>The bytes of a unit of <see cref="Blocks"/> (include/uapi/linux/stat.h, stx_blocks).</summary>
    public const int BlockSize = 512;

    private const int AtWorkingDirectory = -100;
    private const int AtNoFollow = 0x100;
    private const int AtNoAutomount = 0x800;
    private const int AtEmptyPath = 0x1000;
    private const int AtDoNotSync = 0x4000;
    private const uint BasicStats = 0x7ff;
    private const int ResultSize = 256;
    private const int LinksOffset = 16;
    private const int UserIdOffset = 20;
    private const int ModeOffset = 28;
    private const int InodeOffset = 32;
    private const int SizeOffset = 40;
    private const int BlocksOffset = 48;
    private const int DeviceMajorOffset = 136;
    private const int DeviceMinorOffset = 140;
    private const int TypeMask = 0xF000;

    /// <summary>Gets the details of the file behind a link of proc, such as /proc/PID/fd/N; null on failure.</summary>
    public static FileDetails? GetBehindLink(string path) => Invoke(AtWorkingDirectory, System.Text.Encoding.UTF8.GetBytes(path), 0);

    /// <summary>Gets the details of an entry of a directory, of a link itself; null on failure.</summary>
    public static FileDetails? GetAt(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        FileDetails? details = Invoke((int)directory.DangerousGetHandle(), name, AtNoFollow);
        GC.KeepAlive(directory);
        return details;
    }

    /// <summary>Gets the details of an open file; null on failure.</summary>
    public static FileDetails? Get(SafeFileHandle file)
    {
        FileDetails? details = Invoke((int)file.DangerousGetHandle(), [], AtEmptyPath);
        GC.KeepAlive(file);
        return details;
    }

    private static unsafe FileDetails? Invoke(int directory, ReadOnlySpan<byte> path, int flags)
    {
        byte[] terminated = [.. path, 0];
        Span<byte> result = stackalloc byte[ResultSize];
        fixed (byte* name = terminated, start = result)
        {
            if (StatxNative(directory, name, flags | AtNoAutomount | AtDoNotSync, BasicStats, start) != 0)
            {
                return null;
            }
        }

        return new FileDetails(
            MemoryMarshal.Read<uint>(result[UserIdOffset..]),
            (Statx.FileType)(MemoryMarshal.Read<ushort>(result[ModeOffset..]) & TypeMask),
            MemoryMarshal.Read<ulong>(result[InodeOffset..]),
            MemoryMarshal.Read<ulong>(result[SizeOffset..]),
            MemoryMarshal.Read<ulong>(result[BlocksOffset..]),
            MemoryMarshal.Read<uint>(result[LinksOffset..]),
            MemoryMarshal.Read<uint>(result[DeviceMajorOffset..]),
            MemoryMarshal.Read<uint>(result[DeviceMinorOffset..]));
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static unsafe partial int StatxNative(int directory, byte* path, int flags, uint mask, byte* result);
}
