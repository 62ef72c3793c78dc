using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// Reads the text files of a proc tree within bounds. Other users choose the size of some of them: PR_SET_MM_MAP makes a command line
/// of any length.
/// </summary>
internal static class ProcText
{
    /// <summary>The bound for files of a few lines.</summary>
    public const int SmallFileSize = 4096;

    /// <summary>The bound for mountinfo: 320 bytes for each of the 100,000 mounts that a mount namespace may have (fs.mount-max).</summary>
    public const int MaxMountInfoSize = 32 * 1024 * 1024;

    /// <summary>
    /// The bound for maps and smaps, which are read line by line and never stored: smaps has 800 bytes for each mapping, maps 100. A live
    /// process may have as many mappings as vm.max_map_count says; a file in a saved tree may have any size.
    /// </summary>
    public const long MaxMappingsSize = 8L * 1024 * 1024 * 1024;

    /// <summary>The bound for status: a list of 65,536 groups (NGROUPS_MAX), and some 60 short lines.</summary>
    public const int MaxStatusSize = 1024 * 1024;

    private const int MaxQuoteLength = 200;

    /// <summary>Reads the beginning of a file, as far as it fits into the buffer.</summary>
    /// <returns>The number of bytes read; -1 if the file cannot be opened or read (<paramref name="errno"/> has the reason).</returns>
    /// <exception cref="ProcfsException">The machine lacks descriptors or memory.</exception>
    public static int Read(ProcRoot root, string path, Span<byte> buffer, out int errno, int? processId = null)
    {
        using SafeFileHandle file = root.OpenFile(path, out errno, processId);
        int length = 0;
        while (errno == 0 && length < buffer.Length)
        {
            int count = FileIO.Read(file, buffer[length..], out errno);
            if (count <= 0)
            {
                break;
            }

            length += count;
        }

        ThrowIfExhausted(path, errno, processId);
        return errno == 0 ? length : -1;
    }

    /// <summary>Reads a small file as text without white space at its ends; null if it cannot be opened or read.</summary>
    public static string? TryReadSmall(ProcRoot root, string path)
    {
        Span<byte> buffer = stackalloc byte[SmallFileSize];
        int length = Read(root, path, buffer, out _);
        return length < 0 ? null : Encoding.UTF8.GetString(buffer[..length]).Trim();
    }

    /// <summary>Throws if a call failed because the machine lacks descriptors or memory, or because a device failed.</summary>
    /// <exception cref="ProcfsException">The call failed for such a reason.</exception>
    public static void ThrowIfExhausted(string path, int errno, int? processId)
    {
        if (Errno.IsExhaustion(errno))
        {
            throw new ProcfsException(ProcfsError.ReadFailed, $"'{path}' cannot be read: {Errno.Describe(errno)}.", path, processId, errno);
        }
    }

    /// <summary>Creates the failure of a file with a text that the kernel does not write.</summary>
    public static ProcfsException CreateMalformed(string path, ReadOnlySpan<byte> text, int? processId = null, string what = "a line that no kernel writes") =>
        CreateFailure(path, $"has {what}", text, processId);

    /// <summary>Creates the failure of a file, and quotes the beginning of its text.</summary>
    public static ProcfsException CreateFailure(string path, string reason, ReadOnlySpan<byte> text, int? processId) => new(
        ProcfsError.ReadFailed,
        $"'{path}' {reason}: '{SeqFileText.Decode(text[..Math.Min(text.Length, MaxQuoteLength)])}{(text.Length > MaxQuoteLength ? "…" : string.Empty)}'.",
        path,
        processId);
}
