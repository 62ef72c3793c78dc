using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>memfd_create with huge pages (include/uapi/linux/memfd.h): an empty file on the kernel's own hugetlbfs of that size.</summary>
internal static partial class MemfdCall
{
    private const uint CloseOnExec = 1;
    private const uint HugeTlb = 4;
    private const int HugeSizeShift = 26;

    /// <summary>Makes the file; the handle is invalid where the kernel has no huge pages of that size.</summary>
    public static SafeFileHandle CreateHuge(ulong pageSize) =>
        CreateNative("pagemaptools-probe", CloseOnExec | HugeTlb | ((uint)BitOperations.Log2(pageSize) << HugeSizeShift));

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle CreateNative(string name, uint flags);
}
