using PagemapTools.Procfs.FileCache;

namespace PagemapTools.Procfs.Snapshots;

/// <summary>Rows of the table files.</summary>
internal sealed class FileRows : SnapshotRows
{
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _path;
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _device;
    private readonly SnapshotColumn<ulong> _inode;
    private readonly SnapshotColumn<long> _length;
    private readonly SnapshotColumn<long> _cached;
    private readonly SnapshotColumn<long> _dirty;
    private readonly SnapshotColumn<long> _writeback;
    private readonly SnapshotColumn<long> _evicted;
    private readonly SnapshotColumn<bool> _isDeleted;
    private readonly SnapshotColumn<long> _mappedBy;
    private readonly SnapshotColumn<long> _heldBy;

    public FileRows()
    {
        _path = DefineText("path", "The path, as a process that uses the file sees it.");
        _device = DefineText("device", "The device, major and minor number in hex: with inode the key of the file.");
        _inode = Define<ulong>("inode", "inode", "The inode.");
        _length = Define<long>("length", "bytes", "The length of the file.");
        _cached = Define<long>("cached", "bytes", "What is in the page cache.");
        _dirty = DefineNullable<long>("dirty", "bytes", "What was written and is not yet on the disk; null before Linux 6.5.");
        _writeback = DefineNullable<long>("writeback", "bytes", "What is being written to the disk; null before Linux 6.5.");
        _evicted = DefineNullable<long>("evicted", "bytes", "What was in the page cache before; for a file on tmpfs what is in swap. Null before Linux 6.5.");
        _isDeleted = Define<bool>("is_deleted", "boolean", "Whether the file has no name any more.");
        _mappedBy = Define<long>("mapped_by", "processes", "The number of processes that map the file.");
        _heldBy = Define<long>("held_by", "processes", "The number of processes that hold a descriptor of the file.");
    }

    public void Add(FileCacheInfo file)
    {
        _path.Add(ToText(file.Path));
        _device.Add(ToText(file.Device));
        _inode.Add(file.Inode);
        _length.Add(file.Length);
        _cached.Add(file.Cached);
        _dirty.Add(file.Dirty);
        _writeback.Add(file.Writeback);
        _evicted.Add(file.Evicted);
        _isDeleted.Add(file.IsDeleted);
        _mappedBy.Add(file.MappedBy?.Count ?? 0);
        _heldBy.Add(file.HeldBy?.Count ?? 0);
        EndRow();
    }
}
