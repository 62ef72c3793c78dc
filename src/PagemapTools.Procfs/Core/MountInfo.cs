using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Core;

/// <summary>One line of /proc/PID/mountinfo.</summary>
/// <param name="DeviceMajor">The device that maps and statx show for the files.</param>
/// <param name="DeviceMinor">Its minor number.</param>
/// <param name="FileSystem">The type, such as ext4 or fuse.sshfs.</param>
/// <param name="MountPoint">The directory.</param>
/// <param name="SuperOptions">The options of the file system.</param>
internal readonly record struct MountInfo(uint DeviceMajor, uint DeviceMinor, string FileSystem, string MountPoint, string SuperOptions)
{
    private const string EscapedCharacters = " \t\n\\";

    /// <summary>Reads an open mountinfo to its bound. A line that no kernel writes is left out.</summary>
    public static IEnumerable<MountInfo> Read(SafeFileHandle file, string path, int? processId = null)
    {
        using ProcLineReader lines = new(file, path, processId, ProcText.MaxMountInfoSize);
        while (lines.MoveNext())
        {
            if (TryParse(lines.Line, out MountInfo mount))
            {
                yield return mount;
            }
        }
    }

    // Fields: id parent major:minor root mountpoint options [optional...] - type source super-options
    private static bool TryParse(ReadOnlySpan<byte> line, out MountInfo mount)
    {
        mount = default;
        ReadOnlySpan<byte> rest = line;
        int separator = line.IndexOf(" - "u8);
        if (separator < 0
            || !ProcNumber.TryTake(ref rest, (byte)' ', out _) || !ProcNumber.TryTake(ref rest, (byte)' ', out _)
            || !ProcNumber.TryTake(ref rest, (byte)':', out ulong major, uint.MaxValue) || !ProcNumber.TryTake(ref rest, (byte)' ', out ulong minor, uint.MaxValue))
        {
            return false;
        }

        _ = TakeWord(ref rest);
        ReadOnlySpan<byte> mountPoint = TakeWord(ref rest);
        ReadOnlySpan<byte> source = line[(separator + " - "u8.Length)..];
        ReadOnlySpan<byte> type = TakeWord(ref source);
        _ = TakeWord(ref source);
        mount = new MountInfo(
            (uint)major, (uint)minor, Encoding.Latin1.GetString(type), SeqFileText.Unescape(mountPoint, EscapedCharacters), Encoding.Latin1.GetString(source));
        return true;
    }

    private static ReadOnlySpan<byte> TakeWord(ref ReadOnlySpan<byte> rest)
    {
        int end = rest.IndexOf((byte)' ');
        ReadOnlySpan<byte> word = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        return word;
    }
}
