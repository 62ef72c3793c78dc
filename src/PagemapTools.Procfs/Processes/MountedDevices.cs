using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Processes;

/// <summary>
/// Finds what the device of a mapping's file is. Two sources name the devices. The kernel's internal mounts of hugetlbfs (one for each page
/// size) and of shmem contain MAP_HUGETLB, memfd, System V and shared anonymous memory; the mountinfo of the process contains the other file
/// systems. Neither needs a capability beyond reading the process. Safe to use from several threads.
/// </summary>
/// <remarks>
/// The number of a device is the same in every mount namespace, so one table serves all processes, and mountinfo of a process is read only
/// for a device that the table lacks. The kernel reuses the number of a file system that was unmounted: the table is made anew after a time.
/// </remarks>
internal sealed class MountedDevices(ProcRoot root, TimeProvider? time = null)
{
    /// <summary>The time after which the table is made anew.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(10);

    // A file system that is not listed here may have a server. The rootfs of an initramfs is a tmpfs. With root= on the command line rootfs is a ramfs, whose pages are never swapped (init/do_mounts.c).
    private static readonly Dictionary<string, BackingStore> s_fileSystems = new(StringComparer.Ordinal)
    {
        ["hugetlbfs"] = BackingStore.HugePages,
        ["tmpfs"] = BackingStore.Swap,
        ["devtmpfs"] = BackingStore.Swap,
        ["rootfs"] = BackingStore.Swap,
        ["ramfs"] = BackingStore.Disk,
        ["ext2"] = BackingStore.Disk,
        ["ext3"] = BackingStore.Disk,
        ["ext4"] = BackingStore.Disk,
        ["xfs"] = BackingStore.Disk,
        ["btrfs"] = BackingStore.Disk,
        ["f2fs"] = BackingStore.Disk,
        ["bcachefs"] = BackingStore.Disk,
        ["zfs"] = BackingStore.Disk,
        ["erofs"] = BackingStore.Disk,
        ["squashfs"] = BackingStore.Disk,
        ["vfat"] = BackingStore.Disk,
        ["exfat"] = BackingStore.Disk,
        ["iso9660"] = BackingStore.Disk,
        ["overlay"] = BackingStore.UnderlyingOfOverlay,
    };

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lazy<Dictionary<(uint Major, uint Minor), BackingStore>> _kernelDevices = new(ProbeKernelDevices, LazyThreadSafetyMode.PublicationOnly);
    private Table? _table;

    private sealed record Table(ConcurrentDictionary<(uint Major, uint Minor), BackingStore> Devices, long CreatedAt);

    /// <summary>The devices of the kernel's internal mounts of hugetlbfs and shmem, on this machine.</summary>
    public IReadOnlyDictionary<(uint Major, uint Minor), BackingStore> KernelDevices => _kernelDevices.Value;

    /// <summary>Finds where a file system of a type has its pages; null if the type is not known.</summary>
    public static BackingStore? FindStore(string fileSystem) => s_fileSystems.TryGetValue(fileSystem, out BackingStore store) ? store : null;

    /// <summary>Whether files on such a device are on a file system that has no server, so that opening them never waits for one.</summary>
    private static bool IsLocal(BackingStore? store) => store is BackingStore.Disk or BackingStore.Swap or BackingStore.HugePages;

    /// <summary>
    /// Whether opening a file or directory never waits for a server: its file system is known by its device, or has the attribute of
    /// chattr +d. On an overlay that is the attribute of the file below: enough for a file, but it says nothing of the other layers of a directory.
    /// </summary>
    /// <param name="threadId">A process that sees the file.</param>
    /// <param name="file">The file.</param>
    public bool IsLocal(int threadId, in Statx.FileIdentity file)
    {
        bool hasRead = false;
        return IsLocal(threadId, file, ref hasRead);
    }

    /// <inheritdoc cref="IsLocal(int, in Statx.FileIdentity)"/>
    /// <param name="threadId">A process that sees the file.</param>
    /// <param name="file">The file.</param>
    /// <param name="hasRead">Whether the mountinfo of the process was read before; it is read at most once.</param>
    public bool IsLocal(int threadId, in Statx.FileIdentity file, ref bool hasRead)
    {
        // First what costs nothing: mountinfo does not list the devices that btrfs shows for files, and would be read for each of them.
        if (file.HasNoDumpAttribute && file.Type != Statx.FileType.Directory)
        {
            return true;
        }

        BackingStore? store = Find(threadId, file.Device, ref hasRead);
        return IsLocal(store) || (file.HasNoDumpAttribute && store != BackingStore.Server);
    }

    /// <summary>Finds where the kernel stores the pages of a device; null if neither source names the device.</summary>
    /// <param name="threadId">The process, or a live thread of it.</param>
    /// <param name="device">The device.</param>
    /// <param name="hasRead">Whether the mountinfo of the process was read before; it is read at most once.</param>
    /// <param name="cancellationToken">Cancels the reading of mountinfo.</param>
    /// <exception cref="ProcfsException">mountinfo has a line that no kernel writes, or is longer than its bound.</exception>
    /// <exception cref="OperationCanceledException">The reading is cancelled.</exception>
    public BackingStore? Find(int threadId, (uint Major, uint Minor) device, ref bool hasRead, CancellationToken cancellationToken = default)
    {
        // A saved tree is from another machine.
        if (root.IsProcFileSystem && _kernelDevices.Value.TryGetValue(device, out BackingStore store))
        {
            return store;
        }

        ConcurrentDictionary<(uint, uint), BackingStore> devices = GetTable().Devices;
        if (!devices.TryGetValue(device, out store) && !hasRead)
        {
            hasRead = true;
            ReadMountInfo(threadId, devices, cancellationToken);
        }

        return devices.TryGetValue(device, out store) ? store : null;
    }

    private Table GetTable()
    {
        Table? table = Volatile.Read(ref _table);
        if (table is null || _time.GetElapsedTime(table.CreatedAt) > TimeToLive)
        {
            table = new Table(new(), _time.GetTimestamp());
            Volatile.Write(ref _table, table);
        }

        return table;
    }

    private void ReadMountInfo(int threadId, ConcurrentDictionary<(uint, uint), BackingStore> devices, CancellationToken cancellationToken)
    {
        string path = root.GetPath(threadId, "mountinfo");
        using SafeFileHandle file = root.OpenFile(path, out int errno, threadId);
        List<MountInfo> mounts = errno == 0 ? [.. MountInfo.Read(file, path, threadId, cancellationToken)] : [];
        MountPoints points = new(mounts);
        foreach (MountInfo mount in mounts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            BackingStore? store = FindStore(mount.FileSystem);
            bool hasServer = store is null || (store == BackingStore.UnderlyingOfOverlay && OverlayLayers.MayHaveServer(mount, points));
            devices[(mount.DeviceMajor, mount.DeviceMinor)] = hasServer ? BackingStore.Server : store!.Value;
        }
    }

    private static Dictionary<(uint, uint), BackingStore> ProbeKernelDevices()
    {
        Dictionary<(uint, uint), BackingStore> devices = [];
        const string Sizes = "/sys/kernel/mm/hugepages";
        const int MaxSizes = 64;
        foreach (string name in Directory.Exists(Sizes) ? ProcRoot.ListDirectories(Sizes, MaxSizes) : [])
        {
            string size = name.Replace("hugepages-", string.Empty, StringComparison.Ordinal).Replace("kB", string.Empty, StringComparison.Ordinal);
            if (ProcNumber.TryParse(Encoding.ASCII.GetBytes(size), out ulong kilobytes, ulong.MaxValue / 1024))
            {
                AddDevice(devices, Memfd.CreateHuge(kilobytes * 1024), BackingStore.HugePages);
            }
        }

        AddDevice(devices, Memfd.Create(), BackingStore.Swap);
        return devices;
    }

    private static void AddDevice(Dictionary<(uint, uint), BackingStore> devices, SafeFileHandle memfd, BackingStore store)
    {
        int errno = memfd.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        using SafeFileHandle file = memfd;
        if (errno is Errno.EMFILE or Errno.ENFILE)
        {
            throw new ProcfsException(ProcfsError.ReadFailed, $"memfd_create failed: {Errno.Describe(errno)}.", "memfd", errorNumber: errno);
        }

        if (!file.IsInvalid && Statx.GetByHandle(file) is { } identity)
        {
            devices[(identity.DeviceMajor, identity.DeviceMinor)] = store;
        }
    }
}
