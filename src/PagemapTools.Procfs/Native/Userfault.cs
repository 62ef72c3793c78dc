using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>
/// userfaultfd, which takes a mapping of shared memory and refuses one of a file on disk (mm/userfaultfd.c, vma_can_userfault): of a
/// file on an overlay nothing else tells what is below. No fault is ever waited for.
/// </summary>
internal static partial class Userfault
{
    private const nint CloseOnExec = 0x80000;
    private const nint UserModeOnly = 1;
    private const nuint ApiRequest = 0xC018AA3F;
    private const nuint RegisterRequest = 0xC020AA00;
    private const ulong ApiVersion = 0xAA;
    private const ulong ModeMissing = 1;

    [StructLayout(LayoutKind.Sequential)]
    private struct ApiArgument
    {
        public ulong Api;
        public ulong Features;
        public ulong Requests;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct RegisterArgument
    {
        public ulong Start;
        public ulong Length;
        public ulong Mode;
        public ulong Requests;
    }

    /// <summary>Whether a file is shared memory; null where it cannot be mapped, or userfaultfd is not to be had.</summary>
    public static bool? IsSharedMemory(SafeFileHandle file)
    {
        nuint length = (nuint)PageGeometry.PageSize;
        using SafeFileHandle? userfault = Open();
        nint address = userfault is null ? 0 : MemoryMap.Map(length, MemoryMap.ProtectionRead, MemoryMap.MapPrivate, file, 0);
        if (address == 0)
        {
            return null;
        }

        RegisterArgument argument = new() { Start = (ulong)address, Length = length, Mode = ModeMissing };
        int status = RegisterNative(userfault!, RegisterRequest, ref argument);
        int errno = Marshal.GetLastPInvokeError();
        MemoryMap.Unmap(address, length);
        return status == 0 ? true : errno == Errno.EINVAL ? false : null;
    }

    private static SafeFileHandle? Open()
    {
        if (GetSyscallNumber() is not { } number)
        {
            return null;
        }

        // Faults of the kernel are for the privileged, and before Linux 5.11 there was no other kind.
        nint descriptor = SyscallNative(number, CloseOnExec | UserModeOnly);
        descriptor = descriptor < 0 && Marshal.GetLastPInvokeError() == Errno.EINVAL ? SyscallNative(number, CloseOnExec) : descriptor;
        if (descriptor < 0)
        {
            return null;
        }

        SafeFileHandle userfault = new(descriptor, ownsHandle: true);
        ApiArgument argument = new() { Api = ApiVersion };
        if (ApiNative(userfault, ApiRequest, ref argument) == 0)
        {
            return userfault;
        }

        userfault.Dispose();
        return null;
    }

    private static nint? GetSyscallNumber() => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 323,
        Architecture.X86 => 374,
        Architecture.Arm => 388,
        Architecture.S390x => 355,
        Architecture.Ppc64le => 364,

        // include/uapi/asm-generic/unistd.h
        Architecture.Arm64 or Architecture.LoongArch64 => 282,
        _ => null,
    };

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SyscallNative(nint number, nint flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int ApiNative(SafeFileHandle file, nuint request, ref ApiArgument argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int RegisterNative(SafeFileHandle file, nuint request, ref RegisterArgument argument);
}
