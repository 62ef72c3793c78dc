using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.SharedMemory;

/// <summary>
/// Recognizes mappings of hugetlb pages and of shared memory by the device number in maps. Two sources name the devices. The kernel's
/// internal mounts of hugetlbfs (one for each page size) and of shmem contain MAP_HUGETLB, memfd, System V and shared anonymous memory;
/// the mountinfo of the process contains the other file systems. Neither needs a capability beyond reading the process. A file on any
/// other device (from another mount namespace, outside the root directory, or on an unmounted file system) is opened through map_files.
/// If the caller lacks the capability for that, the file counts as one on a disk.
/// </summary>
/// <param name="process">The process that has the mappings.</param>
/// <param name="cache">The values that are shared between processes.</param>
internal sealed class BackingStoreResolver(ProcessAddressSpace process, BackingStoreCache cache)
{
    // The rootfs of an initramfs is a tmpfs. With root= on the command line rootfs is a ramfs, whose pages are never swapped (init/do_mounts.c).
    private static readonly Dictionary<string, BackingStore> s_fileSystems = new(StringComparer.Ordinal)
    {
        ["hugetlbfs"] = BackingStore.HugePages,
        ["tmpfs"] = BackingStore.Swap,
        ["devtmpfs"] = BackingStore.Swap,
        ["rootfs"] = BackingStore.Swap,
        ["overlay"] = BackingStore.UnderlyingOfOverlay,
    };

    private readonly Lazy<Dictionary<(uint, uint), BackingStore>> _mountedDevices = new(() => ReadMountInfo(process));

    /// <summary>Whether the mapping has hugetlb pages. A file on an overlay has none: hugetlbfs cannot be an upper layer (fs/overlayfs/super.c).</summary>
    public bool IsHugetlb(MemoryMapping mapping) => mapping.HasFile && (FindByDevice(mapping) ?? FindByFile(mapping)) == BackingStore.HugePages;

    /// <summary>Whether the mapping has pages of shared memory, which the kernel swaps out.</summary>
    public bool IsShmem(MemoryMapping mapping)
    {
        BackingStore? store = mapping.HasFile ? FindByDevice(mapping) : BackingStore.Disk;
        return (store is null or BackingStore.UnderlyingOfOverlay ? FindByFile(mapping) : store) == BackingStore.Swap;
    }

    private BackingStore? FindByDevice(MemoryMapping mapping)
    {
        (uint, uint) device = (mapping.DeviceMajor, mapping.DeviceMinor);
        return cache.KernelDevices.TryGetValue(device, out BackingStore store) || _mountedDevices.Value.TryGetValue(device, out store) ? store : null;
    }

    private BackingStore FindByFile(MemoryMapping mapping)
    {
        (uint, uint, ulong) identity = (mapping.DeviceMajor, mapping.DeviceMinor, mapping.Inode);
        if (!cache.Files.TryGetValue(identity, out BackingStore store))
        {
            using MappedFile? file = MappedFile.Open(process, mapping, out bool _);
            if (file is null)
            {
                // The mapping was removed, or the caller may not open its file. Another mapping of the file may be accessible, so nothing is
                // cached.
                return BackingStore.Disk;
            }

            cache.Files[identity] = store = file.Backing;
        }

        return store;
    }

    // Files on the device of a line that cannot be parsed are opened one by one.
    private static Dictionary<(uint, uint), BackingStore> ReadMountInfo(ProcessAddressSpace process)
    {
        Dictionary<(uint, uint), BackingStore> devices = [];
        string path = process.GetPath("mountinfo");
        using SafeFileHandle file = process.OpenFile("mountinfo", out int errno);
        using ProcLineReader lines = new(file, path, process.ProcessId, ProcText.MaxMountInfoSize);
        while (errno == 0 && lines.MoveNext())
        {
            // Fields: id parent major:minor root mountpoint options [optional...] - type source super-options
            ReadOnlySpan<byte> line = lines.Line;
            int separator = line.IndexOf(" - "u8);
            if (separator >= 0
                && ProcNumber.TryTake(ref line, (byte)' ', out _) && ProcNumber.TryTake(ref line, (byte)' ', out _)
                && ProcNumber.TryTake(ref line, (byte)':', out ulong major, uint.MaxValue) && ProcNumber.TryTake(ref line, (byte)' ', out ulong minor, uint.MaxValue))
            {
                ReadOnlySpan<byte> type = lines.Line[(separator + " - "u8.Length)..];
                int end = type.IndexOf((byte)' ');
                string fileSystem = Encoding.Latin1.GetString(end < 0 ? type : type[..end]);
                devices[((uint)major, (uint)minor)] = s_fileSystems.GetValueOrDefault(fileSystem, BackingStore.Disk);
            }
        }

        return devices;
    }
}

/// <summary>
/// Caches what all processes of a machine share: the devices of the kernel's internal mounts, and the backing stores of files, because
/// processes map the same libraries. Safe to use from several threads.
/// </summary>
internal sealed class BackingStoreCache
{
    private readonly Lazy<Dictionary<(uint Major, uint Minor), BackingStore>> _kernelDevices = new(ProbeKernelDevices, LazyThreadSafetyMode.PublicationOnly);

    /// <summary>The devices of the kernel's internal mounts of hugetlbfs and shmem.</summary>
    public IReadOnlyDictionary<(uint Major, uint Minor), BackingStore> KernelDevices => _kernelDevices.Value;

    /// <summary>The backing stores of files that were opened.</summary>
    public ConcurrentDictionary<(uint Major, uint Minor, ulong Inode), BackingStore> Files { get; } = new();

    private static Dictionary<(uint, uint), BackingStore> ProbeKernelDevices()
    {
        Dictionary<(uint, uint), BackingStore> devices = [];
        const string Sizes = "/sys/kernel/mm/hugepages";
        foreach (string directory in Directory.Exists(Sizes) ? Directory.GetDirectories(Sizes, "hugepages-*kB") : [])
        {
            string size = Path.GetFileName(directory)["hugepages-".Length..^"kB".Length];
            AddDevice(devices, Memfd.CreateHuge(ulong.Parse(size, CultureInfo.InvariantCulture) * 1024), BackingStore.HugePages);
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
