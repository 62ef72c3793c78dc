using System.Text;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs.Frames;

/// <summary>
/// The paths of memory cgroups by the inode of their directory, which is what /proc/kpagecgroup gives. In version 1 they lie below
/// the memory hierarchy, in version 2 below the one hierarchy (Documentation/admin-guide/cgroup-v2.rst).
/// </summary>
public sealed class CgroupPaths
{
    private const int MaxMountInfoSize = 16 * 1024 * 1024;
    private readonly Dictionary<ulong, string> _paths = [];
    private readonly HashSet<ulong> _unknown = [];
    private readonly object _lock = new();

    /// <summary>The hierarchy at a directory; null where none is mounted.</summary>
    internal CgroupPaths(string? root)
    {
        Root = root;
    }

    /// <summary>The directory of the hierarchy; null if none is mounted.</summary>
    public string? Root { get; }

    /// <summary>The directory of a cgroup; null if it is not charged, has gone, or is not visible here.</summary>
    public string? GetPath(ulong inode)
    {
        if (inode == 0 || Root is null)
        {
            return null;
        }

        lock (_lock)
        {
            // A cgroup that was made since the last refresh is found by another one: one refresh for each unknown number.
            if (!_paths.ContainsKey(inode) && _unknown.Add(inode))
            {
                Refresh();
            }

            return _paths.GetValueOrDefault(inode);
        }
    }

    /// <summary>
    /// The inode of a cgroup's directory, named by the part of its path below the hierarchy ("/" is the root cgroup), or by its whole
    /// path; null if there is none, as where a directory of another file system has that path.
    /// </summary>
    public ulong? GetInode(string path) => Root is null ? null
        : FindInodeInHierarchy(System.IO.Path.Join(Root, path)) ?? (System.IO.Path.IsPathRooted(path) ? FindInodeInHierarchy(path) : null);

    /// <summary>Gets the directories of all memory cgroups.</summary>
    public IReadOnlyCollection<string> GetPaths()
    {
        lock (_lock)
        {
            Refresh();
            return [.. _paths.Values];
        }
    }

    /// <summary>The hierarchy that is mounted where the calling process lives.</summary>
    internal static CgroupPaths Find() => new(FindRoot("/proc/self/mountinfo"));

    internal static string? FindRoot(string mountInfo)
    {
        // Fields: id parent major:minor root mountpoint options [optional...] - type source super-options
        string? unified = null;
        using SafeFileHandle file = ProcRoot.Default.OpenFile(mountInfo, out int errno);
        using ProcLineReader lines = new(file, mountInfo, maxSize: MaxMountInfoSize);
        while (errno == 0 && lines.MoveNext())
        {
            string[] halves = Encoding.Latin1.GetString(lines.Line).Split(" - ", 2);
            string[] mount = halves[0].Split(' ');
            string[] source = halves[^1].Split(' ');
            if (mount.Length > 4 && source[0] == "cgroup" && source[^1].Split(',').Contains("memory", StringComparer.Ordinal))
            {
                return DecodeMountPoint(mount);
            }

            unified ??= mount.Length > 4 && source[0] == "cgroup2" ? DecodeMountPoint(mount) : null;
        }

        return unified;
    }

    /// <summary>
    /// Each hierarchy of version 1 is a file system of its own. Version 2 has one hierarchy, but a file system for each cgroup
    /// namespace that mounts it (kernfs_test_super); its inodes are the same in all of them.
    /// </summary>
    private ulong? FindInodeInHierarchy(string path)
    {
        if (!Directory.Exists(path) || Stat(path) is not var (directory, type) || Stat(Root!) is not var (root, rootType))
        {
            return null;
        }

        bool isInHierarchy = (directory.DeviceMajor, directory.DeviceMinor) == (root.DeviceMajor, root.DeviceMinor)
            || (type == Statfs.Cgroup2 && rootType == Statfs.Cgroup2);
        return isInHierarchy ? directory.Inode : null;
    }

    private static (Statx.FileIdentity Identity, long FileSystem)? Stat(string path)
    {
        using SafeFileHandle directory = FileIO.OpenForReading(path, out int errno);
        ProcText.ThrowIfExhausted(path, errno, processId: null);
        return errno == 0 && Statx.GetByDescriptor((int)directory.DangerousGetHandle()) is { } identity
            ? (identity, Statfs.GetFileSystemType(directory))
            : null;
    }

    private static string DecodeMountPoint(string[] mount) => SeqFileText.Unescape(Encoding.Latin1.GetBytes(mount[4]), " \t\n\\");

    private void Refresh()
    {
        _paths.Clear();
        if (Root is null)
        {
            return;
        }

        EnumerationOptions options = new() { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (string directory in Directory.EnumerateDirectories(Root, "*", options).Prepend(Root))
        {
            if (Statx.GetByPath(directory) is { } identity)
            {
                _paths[identity.Inode] = directory;
            }
        }
    }
}
