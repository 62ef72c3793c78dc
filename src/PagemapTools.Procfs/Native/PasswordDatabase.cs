using System.Runtime.InteropServices;

namespace PagemapTools.Procfs.Native;

/// <summary>getpwuid_r: the names of users, as the name service of this machine (nsswitch.conf) has them.</summary>
internal static partial class PasswordDatabase
{
    // struct passwd begins with the pointer to the name (pwd.h of glibc and musl). Its size is 48 bytes on 64-bit machines.
    private const int PasswdSize = 128;
    private const int MaxEntrySize = 64 * 1024;
    private const int MaxNameLength = 256;

    /// <summary>Finds the name of a user as the database has it, in any encoding; null if it has none, or if it cannot be read.</summary>
    public static unsafe byte[]? FindName(uint userId)
    {
        byte* passwd = stackalloc byte[PasswdSize];
        byte[] buffer = new byte[MaxEntrySize];
        fixed (byte* entry = buffer)
        {
            int errno = GetByIdNative(userId, passwd, entry, (nuint)buffer.Length, out nint found);
            byte* name = errno == 0 && found != 0 ? *(byte**)passwd : null;
            if (name is null)
            {
                return null;
            }

            ReadOnlySpan<byte> text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name);
            return text[..Math.Min(text.Length, MaxNameLength)].ToArray();
        }
    }

    [LibraryImport("libc", EntryPoint = "getpwuid_r")]
    private static unsafe partial int GetByIdNative(uint userId, byte* passwd, byte* buffer, nuint length, out nint result);
}
