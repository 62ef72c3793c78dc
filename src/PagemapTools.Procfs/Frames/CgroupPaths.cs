using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Frames;

/// <summary>
/// The paths of memory cgroups by the inodes of their directories, which /proc/kpagecgroup contains. The directories are below the
/// memory hierarchy of version 1, or below the single hierarchy of version 2 (Documentation/admin-guide/cgroup-v2.rst). Safe to use
/// from several threads.
/// </summary>
public sealed class CgroupPaths
{
    private readonly Dictionary<ulong, string> _paths = [];
    private readonly HashSet<ulong> _searched = [];
    private readonly object _lock = new();

    /// <summary>Creates the paths of a hierarchy.</summary>
    /// <param name="root">The directory of the hierarchy; null if none is mounted.</param>
    internal CgroupPaths(string? root)
    {
        Root = root;
    }

    /// <summary>The directory of the hierarchy; null if none is mounted.</summary>
    public string? Root { get; }

    /// <summary>Gets the directory of a cgroup. Null if the inode is 0 (no cgroup is charged), if the cgroup was removed, or if it is not visible here.</summary>
    public string? GetPath(ulong inode)
    {
        if (inode == 0 || Root is null)
        {
            return null;
        }

        lock (_lock)
        {
            // Another refresh finds a cgroup that was created since the last one. Each unknown inode causes one refresh.
            if (!_paths.ContainsKey(inode) && _searched.Add(inode))
            {
                Refresh();
            }

            return _paths.GetValueOrDefault(inode);
        }
    }

    /// <summary>
    /// Gets the inode of a cgroup's directory; null if there is no such cgroup. The path is relative to the hierarchy ("/" is the root
    /// cgroup) or absolute.
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

    /// <summary>Finds the hierarchy in the mount namespace of the calling process.</summary>
    internal static CgroupPaths Find() => new(FindRoot("/proc/self/mountinfo"));

    /// <summary>Finds the mount point of the memory hierarchy in a file in the format of /proc/PID/mountinfo; null if there is none.</summary>
    internal static string? FindRoot(string mountInfo)
    {
        string? unified = null;
        using SafeFileHandle file = ProcRoot.Default.OpenFile(mountInfo, out int errno);
        foreach (MountInfo mount in errno == 0 ? MountInfo.Read(file, mountInfo) : [])
        {
            if (mount.FileSystem == "cgroup" && mount.SuperOptions.Split(',').Contains("memory", StringComparer.Ordinal))
            {
                return mount.MountPoint;
            }

            unified ??= mount.FileSystem == "cgroup2" ? mount.MountPoint : null;
        }

        return unified;
    }

    /// <summary>
    /// Gets the inode of a directory; null if it is not in the hierarchy. Each hierarchy of version 1 is a separate file system. Version 2
    /// has one hierarchy, and a file system with the same inodes for each cgroup namespace that mounts it (fs/kernfs/mount.c, kernfs_test_super).
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
        return errno == 0 && Statx.GetByHandle(directory) is { } identity
            ? (identity, Statfs.GetFileSystemType(directory))
            : null;
    }

    private void Refresh()
    {
        _paths.Clear();
        if (Root is null)
        {
            return;
        }

        EnumerationOptions options = new() { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        try
        {
            foreach (string directory in Directory.EnumerateDirectories(Root, "*", options).Prepend(Root))
            {
                if (Statx.GetByPath(directory) is { } identity)
                {
                    _paths[identity.Inode] = directory;
                }
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new ProcfsException(ProcfsError.ReadFailed, $"'{Root}' cannot be listed: {unreadable.Message}", Root);
        }
    }
}
