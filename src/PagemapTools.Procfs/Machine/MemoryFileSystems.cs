using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs;

/// <summary>
/// Tells mappings of hugetlb pages, and of shared memory, from others by the device that maps names: the kernel's own hugetlbfs, one
/// for each size, and its own shmem, on which MAP_HUGETLB, memfd, SysV and shared anonymous memory live; and those that the process
/// sees mounted. It needs no right beyond reading the process.
/// </summary>
internal sealed class MemoryFileSystems
{
    private static readonly Lazy<HashSet<(uint Major, uint Minor)>> s_kernelHugetlb = new(ProbeHugetlb);
    private static readonly Lazy<HashSet<(uint Major, uint Minor)>> s_kernelShmem = new(ProbeShmem);

    // The rootfs of an initramfs is a tmpfs, unless root= was given (init/do_mounts.c): then it is a ramfs, of which nothing is swapped.
    private static readonly string[] s_shmemTypes = [" - tmpfs ", " - devtmpfs ", " - rootfs "];

    private readonly Lazy<(HashSet<(uint, uint)> Hugetlb, HashSet<(uint, uint)> Shmem)> _mounted;

    public MemoryFileSystems(ProcRoot root, int processId)
    {
        _mounted = new(() => ReadMounts(root.PathOf(processId, "mountinfo")));
    }

    public bool IsHugetlb(MemoryMapping mapping) =>
        mapping.HasFile && (s_kernelHugetlb.Value.Contains(DeviceOf(mapping)) || _mounted.Value.Hugetlb.Contains(DeviceOf(mapping)));

    public bool IsShmem(MemoryMapping mapping) =>
        mapping.HasFile && (s_kernelShmem.Value.Contains(DeviceOf(mapping)) || _mounted.Value.Shmem.Contains(DeviceOf(mapping)));

    private static (uint Major, uint Minor) DeviceOf(MemoryMapping mapping) => (mapping.DeviceMajor, mapping.DeviceMinor);

    private static (HashSet<(uint, uint)> Hugetlb, HashSet<(uint, uint)> Shmem) ReadMounts(string mountInfo)
    {
        HashSet<(uint, uint)> hugetlb = [];
        HashSet<(uint, uint)> shmem = [];
        try
        {
            foreach (string line in File.ReadLines(mountInfo))
            {
                HashSet<(uint, uint)>? devices = line.Contains(" - hugetlbfs ", StringComparison.Ordinal) ? hugetlb
                    : s_shmemTypes.Any(type => line.Contains(type, StringComparison.Ordinal)) ? shmem
                    : null;
                string[] device = line.Split(' ', 4)[2].Split(':');
                devices?.Add((uint.Parse(device[0], CultureInfo.InvariantCulture), uint.Parse(device[1], CultureInfo.InvariantCulture)));
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            // What was read until then holds; a mount that is not known counts as a file system on disk.
            return (hugetlb, shmem);
        }

        return (hugetlb, shmem);
    }

    private static HashSet<(uint, uint)> ProbeHugetlb()
    {
        HashSet<(uint, uint)> devices = [];
        const string Sizes = "/sys/kernel/mm/hugepages";
        foreach (string directory in Directory.Exists(Sizes) ? Directory.GetDirectories(Sizes, "hugepages-*kB") : [])
        {
            string size = Path.GetFileName(directory)["hugepages-".Length..^"kB".Length];
            using SafeFileHandle file = MemfdCall.CreateHuge(ulong.Parse(size, CultureInfo.InvariantCulture) * 1024);
            AddDeviceOf(file, devices);
        }

        return devices;
    }

    private static HashSet<(uint, uint)> ProbeShmem()
    {
        HashSet<(uint, uint)> devices = [];
        using SafeFileHandle file = MemfdCall.Create();
        AddDeviceOf(file, devices);
        return devices;
    }

    private static void AddDeviceOf(SafeFileHandle file, HashSet<(uint, uint)> devices)
    {
        if (!file.IsInvalid && StatxCall.OfDescriptor((int)file.DangerousGetHandle()) is { } identity)
        {
            devices.Add((identity.DeviceMajor, identity.DeviceMinor));
        }
    }
}
