using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Frames;

/// <summary>
/// The paths of memory cgroups by the inodes of their directories, which /proc/kpagecgroup contains. The directories are below the
/// memory hierarchy of version 1, or below the single hierarchy of version 2 (Documentation/admin-guide/cgroup-v2.rst). Safe to use
/// from several threads.
/// </summary>
public sealed class CgroupPaths
{
    // A scan for one inode must not be repeated for each page of a removed cgroup: at most this part of the time is spent on scans.
    private const int MinPauseInScans = 10;

    private readonly TimeProvider _clock;
    private readonly int _maxDirectories;
    private readonly object _lock = new();
    private CgroupTree? _tree;
    private TimeSpan _pause;
    private long _scanEnd;

    /// <summary>Creates the paths of a hierarchy.</summary>
    /// <param name="root">The directory of the hierarchy; null if none is mounted.</param>
    /// <param name="clock">The clock that limits how often the hierarchy is read; null for that of the system.</param>
    /// <param name="maxDirectories">The directories that one scan reads.</param>
    internal CgroupPaths(string? root, TimeProvider? clock = null, int maxDirectories = CgroupTree.MaxDirectories)
    {
        Root = root;
        _clock = clock ?? TimeProvider.System;
        _maxDirectories = maxDirectories;
    }

    /// <summary>The directory of the hierarchy; null if none is mounted.</summary>
    public string? Root { get; }

    /// <summary>
    /// Gets the directory of a cgroup. Null if the inode is 0 (no cgroup is charged), if the cgroup was removed, or if it is not visible
    /// here. The hierarchy is read once, and again for an inode that it did not have, but not sooner than after ten times as long as
    /// reading it took: until then a cgroup that was created since has no path.
    /// </summary>
    /// <exception cref="ProcfsException">The hierarchy is too large or too deep to read it whole, and the part that was read lacks the cgroup.</exception>
    /// <exception cref="OperationCanceledException">The scan was cancelled.</exception>
    public string? GetPath(ulong inode, CancellationToken cancellationToken = default)
    {
        if (inode == 0 || Root is null)
        {
            return null;
        }

        CgroupTree tree = GetTree(inode, cancellationToken);
        string? path = tree.FindPath(inode);
        return path is null && tree.MissingReason is { } reason
            ? throw new ProcfsException(ProcfsError.ReadFailed, $"The path of the cgroup with the inode {inode} is not known: {reason}.", Root)
            : path;
    }

    /// <summary>
    /// Gets the inode of a cgroup's directory; null if there is no such cgroup. The cgroup is specified by that inode, or by a path, which is
    /// relative to the hierarchy ("/" is the root cgroup) or absolute.
    /// </summary>
    public ulong? GetInode(string path) => ProcNumber.TryParseTyped(path, NumberStyles.None, out ulong inode) ? inode
        : Root is null ? null
        : FindInodeInHierarchy(System.IO.Path.Join(Root, path)) ?? (System.IO.Path.IsPathRooted(path) ? FindInodeInHierarchy(path) : null);

    /// <summary>Gets the directories of all memory cgroups.</summary>
    /// <exception cref="ProcfsException">The hierarchy is too large or too deep to read it whole.</exception>
    /// <exception cref="OperationCanceledException">The scan was cancelled.</exception>
    public IReadOnlyCollection<string> GetPaths(CancellationToken cancellationToken = default)
    {
        if (Root is null)
        {
            return [];
        }

        CgroupTree tree = CgroupTree.Scan(Root, _maxDirectories, cancellationToken);
        return tree.MissingReason is { } reason
            ? throw new ProcfsException(ProcfsError.ReadFailed, $"Not all cgroups can be listed: {reason}.", Root)
            : [.. tree.Paths];
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

    private CgroupTree GetTree(ulong inode, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_tree is { } tree && (tree.FindPath(inode) is not null || _clock.GetElapsedTime(_scanEnd) < _pause))
            {
                return tree;
            }
        }

        // Not under the lock: several threads may scan at the same time, and the last result counts.
        long start = _clock.GetTimestamp();
        CgroupTree scanned = CgroupTree.Scan(Root!, _maxDirectories, cancellationToken);
        lock (_lock)
        {
            (_tree, _scanEnd) = (scanned, _clock.GetTimestamp());
            _pause = MinPauseInScans * _clock.GetElapsedTime(start, _scanEnd);
            return scanned;
        }
    }
}
