using System.Runtime.InteropServices;
using System.Text;

namespace PagemapTools.Procfs.Native;

/// <summary>readlink, for the links of proc, whose text names the file behind them.</summary>
internal static partial class SymbolicLink
{
    // The kernel writes at most a page (fs/proc/base.c, do_proc_readlink).
    private const int MaxLength = 4096;

    /// <summary>Reads the text of a link; null on failure.</summary>
    public static unsafe byte[]? Read(string path)
    {
        byte[] name = [.. Encoding.UTF8.GetBytes(path), 0];
        byte[] text = new byte[MaxLength];
        fixed (byte* link = name, buffer = text)
        {
            nint length = ReadLinkNative(link, buffer, MaxLength);
            return length < 0 ? null : text[..(int)length];
        }
    }

    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true)]
    private static unsafe partial nint ReadLinkNative(byte* path, byte* buffer, nint size);
}
