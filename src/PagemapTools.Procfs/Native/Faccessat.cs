using System.Runtime.InteropServices;

namespace PagemapTools.Procfs.Native;

/// <summary>faccessat checks only the mode of a file. Opening a file of proc may need more, such as ptrace access.</summary>
internal static partial class Faccessat
{
    private const int AtWorkingDirectory = -100;
    private const int AtEffectiveIds = 0x200;
    private const int Write = 2;
    private const int Read = 4;

    /// <summary>Whether the mode of the file denies access to the caller (EACCES); false if the check fails with another error.</summary>
    public static bool IsDeniedByMode(string path, bool forWriting) =>
        AccessNative(AtWorkingDirectory, path, forWriting ? Write : Read, AtEffectiveIds) != 0 && Marshal.GetLastPInvokeError() == Errno.EACCES;

    /// <summary>Whether the caller may write the file.</summary>
    public static bool CanWrite(string path) => AccessNative(AtWorkingDirectory, path, Write, AtEffectiveIds) == 0;

    [LibraryImport("libc", EntryPoint = "faccessat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AccessNative(int directory, string path, int mode, int flags);
}
