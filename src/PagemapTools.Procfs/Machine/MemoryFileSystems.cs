using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs;

/// <summary>
/// Tells mappings of hugetlb pages, and of shared memory, from others by the device that maps names: the kernel's own hugetlbfs, one
/// for each size, and its own shmem, on which MAP_HUGETLB, memfd, SysV and shared anonymous memory live; and what the process sees
/// mounted. That needs no right beyond reading the process. A file from elsewhere (handed over by another mount namespace, outside
/// the root directory, on what is unmounted by now) is asked itself, which needs the right to follow map_files; without it the file
/// counts as one on a disk.
/// </summary>
/// <param name="process">Whose mappings they are.</param>
/// <param name="asked">Files that were asked, by device and inode: processes map the same libraries.</param>
internal sealed class MemoryFileSystems(ProcessMemory process, ConcurrentDictionary<(uint, uint, ulong), FileStore> asked)
{
    private static readonly Lazy<Dictionary<(uint Major, uint Minor), FileStore>> s_ofKernel = new(ProbeKernel);

    // The rootfs of an initramfs is a tmpfs, unless root= was given (init/do_mounts.c): then it is a ramfs, of which nothing is swapped.
    private static readonly Dictionary<string, FileStore> s_types = new(StringComparer.Ordinal)
    {
        ["hugetlbfs"] = FileStore.HugePages,
        ["tmpfs"] = FileStore.Swap,
        ["devtmpfs"] = FileStore.Swap,
        ["rootfs"] = FileStore.Swap,
        ["overlay"] = FileStore.BelowOverlay,
    };

    private readonly Lazy<Dictionary<(uint, uint), FileStore>> _mounted = new(() => ReadMounts(process.PathOf("mountinfo")));

    // Files on an overlay are not asked: hugetlbfs has not what an upper layer needs (fs/overlayfs/super.c).
    public bool IsHugetlb(MemoryMapping mapping) => mapping.HasFile && (StoreByDevice(mapping) ?? StoreOfFile(mapping)) == FileStore.HugePages;

    public bool IsShmem(MemoryMapping mapping)
    {
        FileStore? store = mapping.HasFile ? StoreByDevice(mapping) : FileStore.Disk;
        return (store is null or FileStore.BelowOverlay ? StoreOfFile(mapping) : store) == FileStore.Swap;
    }

    private FileStore? StoreByDevice(MemoryMapping mapping)
    {
        (uint, uint) device = (mapping.DeviceMajor, mapping.DeviceMinor);
        return s_ofKernel.Value.TryGetValue(device, out FileStore store) || _mounted.Value.TryGetValue(device, out store) ? store : null;
    }

    private FileStore StoreOfFile(MemoryMapping mapping)
    {
        (uint, uint, ulong) identity = (mapping.DeviceMajor, mapping.DeviceMinor, mapping.Inode);
        if (!asked.TryGetValue(identity, out FileStore store))
        {
            using MappedFile? file = MappedFile.Open(process, mapping, out bool _);
            if (file is null)
            {
                // This mapping has gone, or may not be followed; another's may.
                return FileStore.Disk;
            }

            asked[identity] = store = file.Store;
        }

        return store;
    }

    private static Dictionary<(uint, uint), FileStore> ReadMounts(string mountInfo)
    {
        Dictionary<(uint, uint), FileStore> mounted = [];
        try
        {
            foreach (string line in File.ReadLines(mountInfo))
            {
                string[] device = line.Split(' ', 4)[2].Split(':');
                string type = line.Split(" - ", 2)[1].Split(' ', 2)[0];
                mounted[(uint.Parse(device[0], CultureInfo.InvariantCulture), uint.Parse(device[1], CultureInfo.InvariantCulture))] =
                    s_types.GetValueOrDefault(type, FileStore.Disk);
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            // What was read until then holds; of the others each file is asked.
            return mounted;
        }

        return mounted;
    }

    private static Dictionary<(uint, uint), FileStore> ProbeKernel()
    {
        Dictionary<(uint, uint), FileStore> devices = [];
        const string Sizes = "/sys/kernel/mm/hugepages";
        foreach (string directory in Directory.Exists(Sizes) ? Directory.GetDirectories(Sizes, "hugepages-*kB") : [])
        {
            string size = Path.GetFileName(directory)["hugepages-".Length..^"kB".Length];
            AddDeviceOf(MemfdCall.CreateHuge(ulong.Parse(size, CultureInfo.InvariantCulture) * 1024), FileStore.HugePages, devices);
        }

        AddDeviceOf(MemfdCall.Create(), FileStore.Swap, devices);
        return devices;
    }

    private static void AddDeviceOf(SafeFileHandle made, FileStore store, Dictionary<(uint, uint), FileStore> devices)
    {
        using SafeFileHandle file = made;
        if (!file.IsInvalid && StatxCall.OfDescriptor((int)file.DangerousGetHandle()) is { } identity)
        {
            devices[(identity.DeviceMajor, identity.DeviceMinor)] = store;
        }
    }
}
