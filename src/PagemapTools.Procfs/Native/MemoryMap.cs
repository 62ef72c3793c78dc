using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>mmap, munmap and mincore, for pages of the reader's own process that it probes the kernel with.</summary>
internal static partial class MemoryMap
{
    public const int ProtectionRead = 1;
    public const int ProtectionWrite = 2;
    public const int MapShared = 1;
    public const int MapPrivate = 2;

    // MAP_ANONYMOUS is 0x20 on every architecture that .NET runs on.
    public const int MapAnonymous = 0x20;

    /// <summary>Maps memory; 0 on failure.</summary>
    public static nint Map(nuint length, int protection, int flags, SafeFileHandle? file, long offset)
    {
        nint fileNumber = file is null ? -1 : file.DangerousGetHandle();
        nint address = MapNative(0, length, protection, flags, (int)fileNumber, offset);
        GC.KeepAlive(file);
        return address == -1 ? 0 : address;
    }

    public static void Unmap(nint address, nuint length) => _ = UnmapNative(address, length);

    /// <summary>One byte a page, its lowest bit set where the page is in the page cache; false on failure.</summary>
    public static unsafe bool Mincore(nint address, nuint length, Span<byte> pages)
    {
        fixed (byte* vector = pages)
        {
            return MincoreNative(address, length, vector) == 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint MapNative(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int UnmapNative(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "mincore")]
    private static unsafe partial int MincoreNative(nint address, nuint length, byte* vector);
}
