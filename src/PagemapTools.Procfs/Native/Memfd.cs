using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>memfd_create (include/uapi/linux/memfd.h) creates an empty file on the kernel's internal mount of shmem, or of hugetlbfs for one page size.</summary>
internal static partial class Memfd
{
    private const uint CloseOnExec = 1;
    private const uint HugeTlb = 4;
    private const int HugeSizeShift = 26;

    /// <summary>Creates a file on shmem; the handle is invalid on failure.</summary>
    public static SafeFileHandle Create() => CreateNative("pagemaptools-probe", CloseOnExec);

    /// <summary>Creates a file of huge pages of a size in bytes. The handle is invalid if the kernel has no huge pages of that size.</summary>
    public static SafeFileHandle CreateHuge(ulong pageSize) =>
        CreateNative("pagemaptools-probe", CloseOnExec | HugeTlb | ((uint)BitOperations.Log2(pageSize) << HugeSizeShift));

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle CreateNative(string name, uint flags);
}
