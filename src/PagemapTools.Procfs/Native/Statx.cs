using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>
/// statx, without opening the file and without a request to a server. Its result, unlike struct stat, has the same layout on every
/// architecture (include/uapi/linux/stat.h).
/// </summary>
internal static partial class Statx
{
    private const int AtWorkingDirectory = -100;
    private const int AtNoFollow = 0x100;
    private const int AtNoAutomount = 0x800;
    private const int AtEmptyPath = 0x1000;

    // The kernel answers from its caches (fs/fuse/dir.c, fuse_update_get_attr). Without this flag a network or FUSE file system asks its
    // server, which may never answer.
    private const int AtDoNotSync = 0x4000;

    private const ulong NoDumpAttribute = 0x40;
    private const int AttributesMaskOffset = 56;
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

    /// <summary>The bytes of a unit of <see cref="FileIdentity.Blocks"/> (include/uapi/linux/stat.h, stx_blocks).</summary>
    public const int BlockSize = 512;

    /// <summary>The types of files that the library distinguishes (include/uapi/linux/stat.h, S_IFMT).</summary>
    public enum FileType
    {
        None,
        Directory = 0x4000,
        BlockDevice = 0x6000,
        Regular = 0x8000,
    }

    /// <summary>The owner, type, inode, size and device of a file, and how many names it has.</summary>
    /// <param name="UserId">The owner.</param>
    /// <param name="Type">The type.</param>
    /// <param name="Inode">The inode.</param>
    /// <param name="Size">The size in bytes.</param>
    /// <param name="Blocks">The allocated blocks of <see cref="BlockSize"/>.</param>
    /// <param name="DeviceMajor">The device that the file is on.</param>
    /// <param name="DeviceMinor">Its minor number.</param>
    /// <param name="Links">The number of names.</param>
    /// <param name="HasNoDumpAttribute">
    /// Whether the file system has the attribute of chattr +d. tmpfs, ext4, xfs, btrfs and f2fs have it, and an overlay for a file of theirs;
    /// FUSE, NFS, SMB and 9P do not have it.
    /// </param>
    public readonly record struct FileIdentity(
        uint UserId, FileType Type, ulong Inode, ulong Size, ulong Blocks, uint DeviceMajor, uint DeviceMinor, uint Links, bool HasNoDumpAttribute)
    {
        public (uint Major, uint Minor) Device => (DeviceMajor, DeviceMinor);
    }

    /// <summary>Gets the identity of a path, without following a symbolic link; null on failure.</summary>
    public static FileIdentity? GetByPath(string path) => Invoke(AtWorkingDirectory, Encoding.UTF8.GetBytes(path), AtNoFollow);

    /// <summary>Gets the identity of the file that a link of proc stands for, from what the kernel caches; null on failure.</summary>
    public static FileIdentity? GetByLink(string path) => GetByLink(path, out _);

    /// <inheritdoc cref="GetByLink(string)"/>
    public static FileIdentity? GetByLink(string path, out int errno)
    {
        FileIdentity? identity = Invoke(AtWorkingDirectory, Encoding.UTF8.GetBytes(path), 0);
        errno = identity is null ? Marshal.GetLastPInvokeError() : 0;
        return identity;
    }

    /// <summary>Gets the identity of an entry of a directory, of a link itself; null on failure.</summary>
    public static FileIdentity? GetAt(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        FileIdentity? identity = Invoke((int)directory.DangerousGetHandle(), name, AtNoFollow);
        GC.KeepAlive(directory);
        return identity;
    }

    /// <summary>Gets the identity of an open file; null on failure.</summary>
    public static FileIdentity? GetByHandle(SafeFileHandle file)
    {
        FileIdentity? identity = Invoke((int)file.DangerousGetHandle(), [], AtEmptyPath);
        GC.KeepAlive(file);
        return identity;
    }

    private static unsafe FileIdentity? Invoke(int directory, ReadOnlySpan<byte> path, int flags)
    {
        byte[] terminated = [.. path, 0];
        Span<byte> result = stackalloc byte[ResultSize];
        fixed (byte* name = terminated, start = result)
        {
            if (StatxNative(directory, name, flags | AtDoNotSync | AtNoAutomount, BasicStats, start) != 0)
            {
                return null;
            }
        }

        return new FileIdentity(
            ReadUInt32(result, UserIdOffset),
            (FileType)(MemoryMarshal.Read<ushort>(result[ModeOffset..]) & TypeMask),
            MemoryMarshal.Read<ulong>(result[InodeOffset..]),
            MemoryMarshal.Read<ulong>(result[SizeOffset..]),
            MemoryMarshal.Read<ulong>(result[BlocksOffset..]),
            ReadUInt32(result, DeviceMajorOffset),
            ReadUInt32(result, DeviceMinorOffset),
            ReadUInt32(result, LinksOffset),
            (MemoryMarshal.Read<ulong>(result[AttributesMaskOffset..]) & NoDumpAttribute) != 0);
    }

    private static uint ReadUInt32(ReadOnlySpan<byte> bytes, int offset) => MemoryMarshal.Read<uint>(bytes[offset..]);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static unsafe partial int StatxNative(int directory, byte* path, int flags, uint mask, byte* result);
}
