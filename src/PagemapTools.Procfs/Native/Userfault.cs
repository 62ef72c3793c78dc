using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>userfaultfd(2) and two of its ioctls (include/uapi/linux/userfaultfd.h).</summary>
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

    /// <summary>Registers a mapping of the calling process for missing pages. Returns 0 or the error number.</summary>
    public static int RegisterMissing(SafeFileHandle userfault, nint address, nuint length)
    {
        RegisterArgument argument = new() { Start = (ulong)address, Length = length, Mode = ModeMissing };
        return RegisterNative(userfault, RegisterRequest, ref argument) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Opens a userfaultfd; null if the kernel has none or denies it.</summary>
    public static SafeFileHandle? Open()
    {
        if (GetSyscallNumber() is not { } number)
        {
            return null;
        }

        // UFFD_USER_MODE_ONLY needs no capability. Before Linux 5.11 the flag is unknown (EINVAL).
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
