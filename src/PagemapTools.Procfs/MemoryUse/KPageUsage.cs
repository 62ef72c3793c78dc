using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.MemoryUse;

/// <summary>Page frames of one part of the machine, by their use. The sizes are in bytes, do not overlap, and add up to <see cref="Bytes"/>.</summary>
public abstract class KPageUsage
{
    private readonly UseCounts _counts;

    private protected KPageUsage(UseCounts counts) => _counts = counts;

    /// <summary>The number of page frames.</summary>
    public virtual long PageCount => _counts.Used;

    /// <summary>Their size.</summary>
    public long Bytes => PageCount << PageGeometry.PageShift;

    /// <summary>Anonymous memory, also if it is in the swap cache.</summary>
    public long Anonymous => (_counts[PageUse.Anonymous] + _counts.AnonymousInSwapCache) << PageGeometry.PageShift;

    /// <summary>The page cache of files on disks.</summary>
    public long File => GetBytes(PageUse.PageCache);

    /// <summary>Shared memory, and files on tmpfs.</summary>
    public long Shmem => GetBytes(PageUse.SharedMemory);

    /// <summary>Memory of the slab allocator. The kernel charges single objects to cgroups, and so whole page frames to none (since 5.9).</summary>
    public long Slab => GetBytes(PageUse.Slab);

    /// <summary>Page tables.</summary>
    public long PageTables => GetBytes(PageUse.PageTable);

    /// <summary>The rest.</summary>
    public virtual long Other => Bytes - Anonymous - File - Shmem - Slab - PageTables;

    internal long GetBytes(PageUse use) => _counts[use] << PageGeometry.PageShift;

    internal long GetPages(PageUse use) => _counts[use];
}

/// <summary>What the page frames that are charged to a cgroup are used for.</summary>
public sealed class KPageCgroupSummary : KPageUsage
{
    internal KPageCgroupSummary(ulong inode, string? path, int cgroupCount, UseCounts counts)
        : base(counts)
    {
        CgroupInode = inode;
        CgroupPath = path;
        CgroupCount = cgroupCount;
    }

    /// <summary>The inode of the cgroup's directory; 0 for page frames that are charged to none.</summary>
    public ulong CgroupInode { get; }

    /// <summary>The cgroup's directory; null if it was removed, or is not visible here.</summary>
    public string? CgroupPath { get; }

    /// <summary>How many cgroups with page frames are summed: 1, or more if those below the cgroup are included.</summary>
    public int CgroupCount { get; }
}

/// <summary>What the page frames of a NUMA node are used for.</summary>
public sealed class KPageNodeSummary : KPageUsage
{
    internal KPageNodeSummary(int? node, UseCounts counts)
        : base(counts)
    {
        Node = node;
    }

    /// <summary>The node; null for page frames whose node the machine does not show.</summary>
    public int? Node { get; }

    /// <summary>The number of page frames, free ones among them.</summary>
    public override long PageCount => base.PageCount + GetPages(PageUse.Free) + GetPages(PageUse.Offline) + GetPages(PageUse.Unknown);

    /// <summary>Free memory in the buddy allocator.</summary>
    public long Free => GetBytes(PageUse.Free);

    /// <summary>Pages of hugetlb, in the pool or in use.</summary>
    public long Hugetlb => GetBytes(PageUse.Hugetlb);

    /// <inheritdoc/>
    public override long Other => base.Other - Free - Hugetlb;
}
