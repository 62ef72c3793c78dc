using System.Buffers.Text;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Processes;

/// <summary>Parses lines of /proc/PID/maps: <c>start-end perms offset major:minor inode  path</c>.</summary>
internal sealed class MapsParser(ProcessContext process)
{
    private const string EscapedCharacters = "\n";
    private static readonly string[] s_permissions = CreatePermissions();
    private byte[] _lastName = [];
    private string? _lastPath;
    private bool _lastIsDeleted;
    private MappingKind _lastKind;

    /// <summary>Parses a line without its newline.</summary>
    /// <exception cref="ProcfsException">The line has not the form that the kernel writes.</exception>
    public MemoryMapping Parse(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> rest = line;
        ulong start = ParseHex(ref rest, (byte)'-', line);
        ulong end = ParseHex(ref rest, (byte)' ', line);
        string permissions = ParsePermissions(ref rest, line);
        ulong offset = ParseHex(ref rest, (byte)' ', line);
        ulong major = ParseHex(ref rest, (byte)':', line);
        ulong minor = ParseHex(ref rest, (byte)' ', line);
        if (!Utf8Parser.TryParse(rest, out ulong inode, out int digits))
        {
            throw CreateMalformedLine(line);
        }

        // A name may itself begin with spaces only if it is relative, which none is.
        SetName(rest[digits..].TrimStart((byte)' '));
        return new MemoryMapping(process)
        {
            Start = start,
            End = end,
            Permissions = permissions,
            Offset = offset,
            DeviceMajor = (uint)major,
            DeviceMinor = (uint)minor,
            Inode = inode,
            Path = _lastPath,
            IsDeleted = _lastIsDeleted,
            Kind = _lastKind,
        };
    }

    // A library is mapped in four or five pieces, one after the other: its name is decoded once.
    private void SetName(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual(_lastName))
        {
            return;
        }

        _lastName = name.ToArray();
        (_lastPath, _lastIsDeleted) = MemoryMapping.SplitDeletedSuffix(SeqFileText.Unescape(name, EscapedCharacters));
        _lastKind = MappingKindClassifier.Classify(_lastPath, _lastIsDeleted);
    }

    private ulong ParseHex(ref ReadOnlySpan<byte> rest, byte end, ReadOnlySpan<byte> line)
    {
        if (!Utf8Parser.TryParse(rest, out ulong value, out int digits, 'x') || digits >= rest.Length || rest[digits] != end)
        {
            throw CreateMalformedLine(line);
        }

        rest = rest[(digits + 1)..];
        return value;
    }

    private string ParsePermissions(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> line)
    {
        if (rest.Length < 5 || rest[4] != ' ')
        {
            throw CreateMalformedLine(line);
        }

        int index = (rest[0] == 'r' ? 8 : 0) | (rest[1] == 'w' ? 4 : 0) | (rest[2] == 'x' ? 2 : 0) | (rest[3] == 's' ? 1 : 0);
        rest = rest[5..];
        return s_permissions[index];
    }

    private static string[] CreatePermissions() =>
        [.. Enumerable.Range(0, 16).Select(bits => string.Concat(
            (bits & 8) != 0 ? 'r' : '-', (bits & 4) != 0 ? 'w' : '-', (bits & 2) != 0 ? 'x' : '-', (bits & 1) != 0 ? 's' : 'p'))];

    private ProcfsException CreateMalformedLine(ReadOnlySpan<byte> line) => new(
        ProcfsError.ReadFailed, $"This is no line of the maps of process {process.Id}: '{SeqFileText.Decode(line)}'.", "maps", process.Id);
}
