using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Core;

/// <summary>One line of /proc/PID/mountinfo (Documentation/filesystems/proc.rst, 3.5).</summary>
/// <param name="Id">The id of the mount.</param>
/// <param name="ParentId">The id of the mount that it is on.</param>
/// <param name="DeviceMajor">The device that maps and statx show for the files.</param>
/// <param name="DeviceMinor">Its minor number.</param>
/// <param name="FileSystem">The type, such as ext4 or fuse.sshfs.</param>
/// <param name="Root">The directory of the file system that is mounted.</param>
/// <param name="MountPoint">The directory on which it is mounted.</param>
/// <param name="SuperOptions">The options of the file system.</param>
internal readonly record struct MountInfo(
    ulong Id, ulong ParentId, uint DeviceMajor, uint DeviceMinor, string FileSystem, string Root, string MountPoint, string SuperOptions)
{
    private const string EscapedCharacters = " \t\n\\";

    /// <summary>Reads an open mountinfo.</summary>
    /// <exception cref="ProcfsException">The file has a line that no kernel writes, or is longer than its bound.</exception>
    /// <exception cref="OperationCanceledException">The reading is cancelled.</exception>
    public static IEnumerable<MountInfo> Read(SafeFileHandle file, string path, int? processId = null, CancellationToken cancellationToken = default)
    {
        using ProcLineReader lines = new(file, path, ProcText.MaxMountInfoSize, processId, cancellationToken);
        while (lines.MoveNext())
        {
            yield return TryParse(lines.WholeLine, out MountInfo mount) ? mount : throw ProcText.CreateMalformed(path, lines.Line, processId);
        }
    }

    // Fields: id parent major:minor root mountpoint options [optional...] - type source super-options
    private static bool TryParse(ReadOnlySpan<byte> line, out MountInfo mount)
    {
        mount = default;
        ReadOnlySpan<byte> rest = line;
        int separator = line.IndexOf(" - "u8);
        if (separator < 0
            || !ProcNumber.TryTake(ref rest, (byte)' ', out ulong id) || !ProcNumber.TryTake(ref rest, (byte)' ', out ulong parent)
            || !ProcNumber.TryTake(ref rest, (byte)':', out ulong major, uint.MaxValue) || !ProcNumber.TryTake(ref rest, (byte)' ', out ulong minor, uint.MaxValue))
        {
            return false;
        }

        ReadOnlySpan<byte> root = TakeWord(ref rest);
        ReadOnlySpan<byte> mountPoint = TakeWord(ref rest);
        ReadOnlySpan<byte> source = line[(separator + " - "u8.Length)..];
        ReadOnlySpan<byte> type = TakeWord(ref source);
        _ = TakeWord(ref source);
        mount = new MountInfo(
            id,
            parent,
            (uint)major,
            (uint)minor,
            Encoding.Latin1.GetString(type),
            SeqFileText.Unescape(root, EscapedCharacters),
            SeqFileText.Unescape(mountPoint, EscapedCharacters),
            Encoding.Latin1.GetString(source));
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
