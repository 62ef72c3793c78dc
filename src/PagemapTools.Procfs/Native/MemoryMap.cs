using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>mmap, munmap, madvise and mincore, for mappings of the calling process.</summary>
internal static partial class MemoryMap
{
    public const int ProtectionRead = 1;
    public const int ProtectionWrite = 2;
    public const int MapShared = 1;
    public const int MapPrivate = 2;
    public const int AdviceRandom = 1;

    /// <summary>MADV_NOHUGEPAGE: no transparent huge pages.</summary>
    public const int AdviceNoHugePage = 15;

    /// <summary>MADV_POPULATE_READ (Linux 5.14): maps the pages as if they were read.</summary>
    public const int AdvicePopulateRead = 22;

    // MAP_ANONYMOUS is 0x20 on every architecture that .NET runs on.
    public const int MapAnonymous = 0x20;

    /// <summary>Maps a file, or anonymous memory if <paramref name="file"/> is null. Returns the address, or 0 on failure.</summary>
    public static nint Map(nuint length, int protection, int flags, SafeFileHandle? file, long offset)
    {
        nint fileNumber = file is null ? -1 : file.DangerousGetHandle();
        nint address = MapNative(0, length, protection, flags, (int)fileNumber, offset);
        GC.KeepAlive(file);
        return address == -1 ? 0 : address;
    }

    /// <summary>Unmaps memory; errors are ignored.</summary>
    public static void Unmap(nint address, nuint length) => _ = UnmapNative(address, length);

    /// <summary>Fills one byte for each page; its lowest bit is set if the page is in memory. False on failure.</summary>
    public static unsafe bool Mincore(nint address, nuint length, Span<byte> pages)
    {
        fixed (byte* vector = pages)
        {
            return MincoreNative(address, length, vector) == 0;
        }
    }

    /// <summary>Advises the kernel about a range of memory. False on failure.</summary>
    public static bool Advise(nint address, nuint length, int advice) => AdviseNative(address, length, advice) == 0;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint MapNative(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int UnmapNative(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int AdviseNative(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "mincore")]
    private static unsafe partial int MincoreNative(nint address, nuint length, byte* vector);
}
