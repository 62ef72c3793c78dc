using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Native;

/// <summary>setns, for the IPC namespace of one thread. The thread has to end afterwards: nothing leads back for sure.</summary>
internal static partial class Namespaces
{
    private const int NewIpc = 0x08000000;

    /// <summary>Moves the calling thread into an IPC namespace. Returns 0 or the error number.</summary>
    public static int EnterIpc(SafeFileHandle file)
    {
        int result = SetNsNative((int)file.DangerousGetHandle(), NewIpc);
        int errno = result == 0 ? 0 : Marshal.GetLastPInvokeError();
        GC.KeepAlive(file);
        return errno;
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNsNative(int file, int type);
}
