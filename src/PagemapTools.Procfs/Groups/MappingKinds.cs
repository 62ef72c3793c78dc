using System.Globalization;
using PagemapTools.Procfs.Holdings;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;

namespace PagemapTools.Procfs.Groups;

/// <summary>The kinds of the page frames of one mapping.</summary>
/// <param name="Anonymous">Those whose entry has no bit 61.</param>
/// <param name="File">Those whose entry has bit 61.</param>
/// <param name="IsCounted">Whether the mapping is counted at all.</param>
internal readonly record struct MappingKinds(FrameKind Anonymous, FrameKind File, bool IsCounted = true)
{
    /// <summary>Whether the mapping has hugetlb pages.</summary>
    public bool IsHugetlb => Anonymous == FrameKind.HugetlbToPool;
}

/// <summary>Finds the kinds of the mappings of one process. Only this class reads files on behalf of mappings. Safe to use from several threads.</summary>
/// <param name="procfs">The machine.</param>
/// <param name="process">The process.</param>
/// <param name="holders">Who holds which file without a name.</param>
/// <param name="stores">What processes share.</param>
/// <param name="group">The group of the process.</param>
internal sealed class MappingKindFinder(ProcfsContext procfs, ProcessAddressSpace process, FileHolders holders, BackingStoreCache stores, int group)
{
    private readonly BackingStoreResolver _resolver = new(process, stores);
    private readonly Lazy<ulong> _ipcNamespace = new(() => Statx.GetByLink(process.GetPath("ns/ipc"))?.Inode ?? 0);

    /// <summary>Finds the kinds of a mapping.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="tally">Receives what else the mapping shows.</param>
    public MappingKinds Find(MemoryMapping mapping, ProcessTally tally)
    {
        // No memory statistic counts the page frames of the vvar.
        if (mapping.Kind == MappingKind.Vvar)
        {
            return new MappingKinds(FrameKind.Kernel, FrameKind.Kernel, IsCounted: false);
        }

        if (!mapping.IsFileBacked || IsOfDriver(mapping))
        {
            return new MappingKinds(FrameKind.Anonymous, FrameKind.Kernel);
        }

        FileKey key = holders.GetKey(mapping, FileKey.IsSegment(mapping.Path, mapping.IsDeleted) ? _ipcNamespace.Value : 0);
        bool isFreed = holders.IsFreedWith(key, group) == true;
        if (_resolver.IsHugetlb(mapping))
        {
            tally.SawSharedHugetlbTables |= mapping.MayShareTables && (!mapping.IsDeleted || holders.IsHeldOutside(key, group));
            return new MappingKinds(FrameKind.HugetlbToPool, isFreed ? FrameKind.HugetlbToPool : FrameKind.KeptHugetlb);
        }

        if (!_resolver.IsShmem(mapping))
        {
            return new MappingKinds(FrameKind.Anonymous, isFreed ? FrameKind.FreedFile : FrameKind.KeptFile);
        }

        if (procfs.SwapTypes.HasAreas)
        {
            string link = process.GetPath(string.Create(CultureInfo.InvariantCulture, $"map_files/{mapping.Start:x}-{mapping.End:x}"));
            tally.ShmemSpans.Add(new FileSpan(key, new FileLink(mapping.ProcessId, link), mapping.Offset, mapping.Offset + mapping.Size));
        }

        return new MappingKinds(FrameKind.Anonymous, isFreed ? FrameKind.FreedShmem : FrameKind.KeptShmem);
    }

    // Pages of a driver or of io_uring are in no page cache.
    private static bool IsOfDriver(MemoryMapping mapping) => mapping.Path is { } path && !mapping.IsDeleted
        && (path.StartsWith("anon_inode:", StringComparison.Ordinal)
            || (path.StartsWith("/dev/", StringComparison.Ordinal) && !path.StartsWith("/dev/shm/", StringComparison.Ordinal)));
}
