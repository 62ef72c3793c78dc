using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.SharedObjects;

/// <summary>A mount of a file system of shared memory.</summary>
/// <param name="ProcessId">A process of the mount namespace.</param>
/// <param name="IsOwn">Whether the namespace is that of the caller.</param>
/// <param name="Device">The device number of the file system.</param>
/// <param name="Root">The directory of the file system that is mounted.</param>
/// <param name="Path">Where it is mounted, as the process sees it.</param>
/// <param name="Store">Where the file system has its pages.</param>
/// <param name="IsReachable">Whether the path leads through local file systems alone, whose lookups never wait for another program.</param>
internal sealed record SharedMount(int ProcessId, bool IsOwn, (uint Major, uint Minor) Device, string Root, string Path, BackingStore Store, bool IsReachable);

/// <summary>Finds the mounts of tmpfs and hugetlbfs.</summary>
internal static class MountTable
{
    // File systems of the kernel itself, from which nothing is mapped.
    private static readonly HashSet<string> s_kernelFileSystems = new(StringComparer.Ordinal)
    {
        "proc", "sysfs", "cgroup", "cgroup2", "mqueue", "securityfs", "debugfs", "tracefs", "bpf", "configfs", "devpts",
    };

    /// <summary>Finds the mounts that a process sees.</summary>
    /// <exception cref="ProcfsException">Its mountinfo cannot be read, has a line that no kernel writes, or is longer than its bound.</exception>
    /// <exception cref="OperationCanceledException">The reading is cancelled.</exception>
    public static IReadOnlyList<SharedMount> Read(ProcRoot root, int processId, bool isOwn, CancellationToken cancellationToken)
    {
        const string FileName = "mountinfo";
        string path = root.GetPath(processId, FileName);
        using SafeFileHandle file = root.OpenFile(path, out int errno, processId);
        Dictionary<ulong, MountInfo> mounts = [];
        foreach (MountInfo mount in errno == 0 ? MountInfo.Read(file, path, processId, cancellationToken) : throw ProcessErrors.FromErrno(root, processId, FileName, errno))
        {
            mounts[mount.Id] = mount;
        }

        MountPaths paths = new(mounts);
        return
        [
            .. from mount in mounts.Values
               let store = MountedDevices.FindStore(mount.FileSystem)
               where store is BackingStore.Swap or BackingStore.HugePages
               select new SharedMount(
                   processId, isOwn, (mount.DeviceMajor, mount.DeviceMinor), mount.Root, mount.MountPoint, store.Value, paths.IsLocal(mount.ParentId)),
        ];
    }

    /// <summary>The paths to mounts. The answer for each mount is stored, because another user may have made a stack of 100,000 mounts.</summary>
    private sealed class MountPaths(Dictionary<ulong, MountInfo> mounts)
    {
        private readonly Dictionary<ulong, bool> _isLocal = [];

        /// <summary>Whether a mount and all mounts above it are of file systems without a server.</summary>
        public bool IsLocal(ulong id)
        {
            Stack<(ulong Id, bool IsLocal)> below = [];
            bool isLocal = true;
            while (mounts.TryGetValue(id, out MountInfo mount) && !_isLocal.TryGetValue(id, out isLocal))
            {
                isLocal = MountedDevices.FindStore(mount.FileSystem) is not null || s_kernelFileSystems.Contains(mount.FileSystem);
                below.Push((id, isLocal));

                // A list that another user wrote may be no tree: a mount that is reached again is not local.
                _isLocal.Add(id, false);

                // The root is its own parent, or its parent is not in the list.
                if (mount.ParentId == id)
                {
                    break;
                }

                id = mount.ParentId;
            }

            while (below.TryPop(out (ulong Id, bool IsLocal) mount))
            {
                isLocal &= mount.IsLocal;
                _isLocal[mount.Id] = isLocal;
            }

            return isLocal;
        }
    }
}
