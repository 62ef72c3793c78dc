using System.Collections.Concurrent;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.SharedMemory;

/// <summary>
/// Recognizes mappings of hugetlb pages and of shared memory by the device number in maps (<see cref="MountedDevices"/>). A file on a device
/// that the process does not see mounted (from another mount namespace, outside the root directory, or on an unmounted file system) is
/// opened through map_files if that cannot wait for a server. If the caller lacks the capability for that, the file counts as one on a disk.
/// </summary>
/// <param name="process">The process that has the mappings.</param>
/// <param name="cache">The values that are shared between processes.</param>
internal sealed class BackingStoreResolver(ProcessAddressSpace process, BackingStoreCache cache)
{
    /// <summary>Whether the mapping has hugetlb pages. A file on an overlay has none: hugetlbfs cannot be an upper layer (fs/overlayfs/super.c).</summary>
    public bool IsHugetlb(MemoryMapping mapping) => Find(mapping) == BackingStore.HugePages;

    /// <summary>Whether the mapping has pages of shared memory, which the kernel swaps out.</summary>
    public bool IsShmem(MemoryMapping mapping) => Find(mapping) == BackingStore.Swap;

    /// <summary>Finds where the pages of a mapping are stored that are not in memory. A mapping without a file counts as one on a disk.</summary>
    public BackingStore Find(MemoryMapping mapping)
    {
        BackingStore? store = mapping.HasFile ? FindByDevice(mapping) : BackingStore.Disk;
        return store is null or BackingStore.UnderlyingOfOverlay ? FindByFile(mapping) : store.Value;
    }

    private BackingStore? FindByDevice(MemoryMapping mapping) => process.FindDevice((mapping.DeviceMajor, mapping.DeviceMinor));

    private BackingStore FindByFile(MemoryMapping mapping)
    {
        (uint, uint, ulong) identity = (mapping.DeviceMajor, mapping.DeviceMinor, mapping.Inode);
        if (!cache.Files.TryGetValue(identity, out BackingStore store))
        {
            using MappedFile? file = MappedFile.Open(process, mapping, out FileObstacle obstacle);
            if (file is null)
            {
                // The mapping was removed, or the caller may not open its file. Another mapping of the file may be accessible, so nothing is
                // cached.
                return obstacle == FileObstacle.MayNotAnswer ? BackingStore.Unknown : BackingStore.Disk;
            }

            cache.Files[identity] = store = file.Backing;
        }

        return store;
    }
}

/// <summary>Caches the backing stores of files that were opened, because processes map the same libraries. Safe to use from several threads.</summary>
internal sealed class BackingStoreCache
{
    /// <summary>The backing stores of files that were opened.</summary>
    public ConcurrentDictionary<(uint Major, uint Minor, ulong Inode), BackingStore> Files { get; } = new();
}
