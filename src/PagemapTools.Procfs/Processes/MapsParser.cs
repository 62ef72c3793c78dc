namespace PagemapTools.Procfs.Processes;

/// <summary>Parses lines of /proc/PID/maps: <c>start-end perms offset major:minor inode  path</c>.</summary>
/// <param name="process">The process.</param>
/// <param name="path">The path of maps, or of smaps, for messages.</param>
/// <param name="cancellationToken">Cancels the reading of mountinfo, which names the devices.</param>
internal sealed class MapsParser(ProcessContext process, string path, CancellationToken cancellationToken = default)
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "maps";

    private const string EscapedCharacters = "\n";
    private static readonly string[] s_permissions = CreatePermissions();
    private byte[] _lastName = [];
    private string? _lastPath;
    private bool _lastIsDeleted;
    private MappingKind _lastKind;
    private (uint Major, uint Minor, bool IsShared) _lastFile;
    private bool _hasReadMounts;

    /// <summary>Parses a line without its newline.</summary>
    /// <exception cref="ProcfsException">The line does not have the form that the kernel writes.</exception>
    public MemoryMapping Parse(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> rest = line;
        if (!ProcNumber.TryTakeHex(ref rest, (byte)'-', out ulong start)
            || !ProcNumber.TryTakeHex(ref rest, (byte)' ', out ulong end)
            || start >= end
            || !TryTakePermissions(ref rest, out string permissions)
            || !ProcNumber.TryTakeHex(ref rest, (byte)' ', out ulong offset)
            || !ProcNumber.TryTakeHex(ref rest, (byte)':', out ulong major, uint.MaxValue)
            || !ProcNumber.TryTakeHex(ref rest, (byte)' ', out ulong minor, uint.MaxValue)
            || !TryTakeInode(ref rest, out ulong inode))
        {
            throw ProcText.CreateMalformed(path, line, process.Id);
        }

        // A walk would never get past a part of a page.
        if (PageGeometry.ToAddress(PageGeometry.ToPageIndex(start)) != start || PageGeometry.ToAddress(PageGeometry.ToPageIndex(end)) != end)
        {
            throw ProcText.CreateMalformed(path, line, process.Id, $"a mapping that does not consist of pages of {PageGeometry.PageSize} bytes");
        }

        // Spaces pad the inode. A name never begins with a space: it is an absolute path or in brackets.
        SetName(rest.TrimStart((byte)' '), ((uint)major, (uint)minor, permissions[^1] == 's'));
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

    // A library has four or five mappings, one after the other. Its name is decoded once.
    private void SetName(ReadOnlySpan<byte> name, (uint Major, uint Minor, bool IsShared) file)
    {
        if (name.SequenceEqual(_lastName) && file == _lastFile)
        {
            return;
        }

        if (!name.SequenceEqual(_lastName))
        {
            _lastName = name.ToArray();
            (_lastPath, _lastIsDeleted) = MemoryMapping.SplitDeletedSuffix(SeqFileText.Unescape(name, EscapedCharacters));
        }

        _lastFile = file;
        _lastKind = MappingKindClassifier.Classify(_lastPath, _lastIsDeleted, file.IsShared, FindDevice((file.Major, file.Minor)));
    }

    // A block device, whose major number is not 0, is a disk. Only a device without a block device has to be looked up.
    private BackingStore? FindDevice((uint Major, uint Minor) device) =>
        device is (0, not 0) ? process.Devices?.Find(process.Id, device, ref _hasReadMounts, cancellationToken) : null;

    // A mapping without a name may have no space behind its inode.
    private static bool TryTakeInode(ref ReadOnlySpan<byte> rest, out ulong inode)
    {
        bool isLast = ProcNumber.TryParse(rest, out inode);
        rest = isLast ? [] : rest;
        return isLast || ProcNumber.TryTake(ref rest, (byte)' ', out inode);
    }

    private static bool TryTakePermissions(ref ReadOnlySpan<byte> rest, out string permissions)
    {
        permissions = string.Empty;
        if (rest.Length < 5 || rest[4] != ' ')
        {
            return false;
        }

        int index = (rest[0] == 'r' ? 8 : 0) | (rest[1] == 'w' ? 4 : 0) | (rest[2] == 'x' ? 2 : 0) | (rest[3] == 's' ? 1 : 0);
        permissions = s_permissions[index];
        for (int i = 0; i < permissions.Length; i++)
        {
            if (rest[i] != permissions[i])
            {
                return false;
            }
        }

        rest = rest[5..];
        return true;
    }

    private static string[] CreatePermissions() =>
        [.. Enumerable.Range(0, 16).Select(bits => string.Concat(
            (bits & 8) != 0 ? 'r' : '-', (bits & 4) != 0 ? 'w' : '-', (bits & 2) != 0 ? 'x' : '-', (bits & 1) != 0 ? 's' : 'p'))];
}
