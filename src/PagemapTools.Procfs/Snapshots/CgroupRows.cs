using PagemapTools.Procfs.MemoryUse;

namespace PagemapTools.Procfs.Snapshots;

/// <summary>Rows of the table cgroups.</summary>
internal sealed class CgroupRows : SnapshotRows
{
    private static readonly (string Name, string Description, Func<KPageUsage, long> Get)[] s_figures =
    [
        ("bytes", "All page frames that are charged to the cgroup, without those below it.", usage => usage.Bytes),
        ("anonymous", "Anonymous memory.", usage => usage.Anonymous),
        ("file", "The page cache of files on disks.", usage => usage.File),
        ("shmem", "Shared memory, and files on tmpfs.", usage => usage.Shmem),
        ("slab", "The slab allocator.", usage => usage.Slab),
        ("page_tables", "Page tables.", usage => usage.PageTables),
        ("other", "The rest.", usage => usage.Other),
    ];

    private readonly SnapshotColumn<ulong> _inode;
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _path;
    private readonly SnapshotColumn<long>[] _figures;

    public CgroupRows()
    {
        _inode = Define<ulong>("cgroup_inode", "inode", "The inode of the cgroup's directory; 0 for page frames that are charged to none.");
        _path = DefineText("path", "The cgroup's directory; null if it was removed, or is not visible.");
        _figures = [.. s_figures.Select(figure => Define<long>(figure.Name, "bytes", figure.Description))];
    }

    public void Add(KPageCgroupSummary cgroup)
    {
        _inode.Add(cgroup.CgroupInode);
        _path.Add(ToText(cgroup.CgroupPath));
        for (int i = 0; i < _figures.Length; i++)
        {
            _figures[i].Add(s_figures[i].Get(cgroup));
        }

        EndRow();
    }

    /// <summary>Takes the inode and the path of the next row of a batch that was read.</summary>
    public (ulong Inode, string? Path) Take() => (_inode.TakeKnown(), TakeText(_path));
}
