using System.Runtime.InteropServices;

namespace PagemapTools.Procfs.Native;

/// <summary>faccessat, for what a file's mode and the caller's rights over files allow, whatever opening it asks for beyond that.</summary>
internal static partial class Faccessat
{
    private const int AtWorkingDirectory = -100;
    private const int AtEffectiveIds = 0x200;
    private const int Write = 2;
    private const int Read = 4;

    /// <summary>Whether the file's mode keeps the caller from reading it, or writing; not where the file cannot be asked.</summary>
    public static bool IsDeniedByMode(string path, bool isWritten) =>
        AccessNative(AtWorkingDirectory, path, isWritten ? Write : Read, AtEffectiveIds) != 0 && Marshal.GetLastPInvokeError() == Errno.EACCES;

    [LibraryImport("libc", EntryPoint = "faccessat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AccessNative(int directory, string path, int mode, int flags);
}
