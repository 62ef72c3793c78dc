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
    /// <exception cref="ProcfsException">Its mountinfo cannot be read.</exception>
    public static IEnumerable<SharedMount> Read(ProcRoot root, int processId, bool isOwn)
    {
        const string FileName = "mountinfo";
        string path = root.GetPath(processId, FileName);
        using SafeFileHandle file = root.OpenFile(path, out int errno, processId);
        Dictionary<ulong, MountInfo> mounts = [];
        foreach (MountInfo mount in errno == 0 ? MountInfo.Read(file, path, processId) : throw ProcessErrors.FromErrno(root, processId, FileName, errno))
        {
            mounts[mount.Id] = mount;
        }

        return
            from mount in mounts.Values
            let store = MountedDevices.FindStore(mount.FileSystem)
            where store is BackingStore.Swap or BackingStore.HugePages
            select new SharedMount(
                processId, isOwn, (mount.DeviceMajor, mount.DeviceMinor), mount.Root, mount.MountPoint, store.Value, IsReachable(mounts, mount.ParentId));
    }

    private static bool IsReachable(Dictionary<ulong, MountInfo> mounts, ulong id)
    {
        // The parent of the root is not in the list. The number of steps bounds a list that another user made.
        for (int steps = 0; mounts.TryGetValue(id, out MountInfo mount) && steps < mounts.Count; steps++)
        {
            if (MountedDevices.FindStore(mount.FileSystem) is null && !s_kernelFileSystems.Contains(mount.FileSystem))
            {
                return false;
            }

            if (mount.ParentId == id)
            {
                break;
            }

            id = mount.ParentId;
        }

        return true;
    }
}
