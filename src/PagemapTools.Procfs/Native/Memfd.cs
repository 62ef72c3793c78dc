using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>memfd_create (include/uapi/linux/memfd.h): an empty file on the kernel's own shmem, or its own hugetlbfs of a size.</summary>
internal static partial class Memfd
{
    private const uint CloseOnExec = 1;
    private const uint HugeTlb = 4;
    private const int HugeSizeShift = 26;

    /// <summary>Makes a file of ordinary pages.</summary>
    public static SafeFileHandle Create() => CreateNative("pagemaptools-probe", CloseOnExec);

    /// <summary>Makes a file of huge pages; the handle is invalid where the kernel has no huge pages of that size.</summary>
    public static SafeFileHandle CreateHuge(ulong pageSize) =>
        CreateNative("pagemaptools-probe", CloseOnExec | HugeTlb | ((uint)BitOperations.Log2(pageSize) << HugeSizeShift));

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle CreateNative(string name, uint flags);
}
