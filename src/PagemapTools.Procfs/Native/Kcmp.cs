using System.Runtime.InteropServices;

namespace PagemapTools.Procfs.Native;

/// <summary>kcmp (Linux 3.5, CONFIG_KCMP since 5.12): compares what two processes use in the kernel (kernel/kcmp.c).</summary>
internal static partial class Kcmp
{
    private const nint AddressSpace = 1;

    // arm64 has the generic number (include/uapi/asm-generic/unistd.h).
    private static readonly nint s_number = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 312 : 272;

    /// <summary>
    /// Compares the address spaces of two processes. The kernel's order of address spaces is total, and the same in every call.
    /// </summary>
    /// <returns>0 for the same address space, 1 or 2 for the order of different ones; negative if the call fails.</returns>
    public static int CompareAddressSpaces(int first, int second) => (int)SyscallNative(s_number, first, second, AddressSpace, 0, 0);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SyscallNative(nint number, nint first, nint second, nint type, nint firstIndex, nint secondIndex);
}
