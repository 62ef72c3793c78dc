using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Snapshots;

/// <summary>Rows of the table mappings: the lines of /proc/PID/maps.</summary>
internal sealed class MappingRows : SnapshotRows
{
    private readonly SnapshotColumn<long> _processId;
    private readonly SnapshotColumn<ulong> _start;
    private readonly SnapshotColumn<ulong> _end;
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _permissions;
    private readonly SnapshotColumn<ulong> _offset;
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _device;
    private readonly SnapshotColumn<ulong> _inode;
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _kind;
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _name;
    private readonly SnapshotColumn<bool> _isDeleted;

    public MappingRows()
    {
        _processId = Define<long>("process_id", "id", "The process.", SnapshotEncoding.Delta);
        _start = Define<ulong>("start", "address", "The first address.", SnapshotEncoding.Delta);
        _end = Define<ulong>("end", "address", "The address after the last one.", SnapshotEncoding.Delta);
        _permissions = DefineText("permissions", "Read, write, execute; p for private or s for shared.");
        _offset = Define<ulong>("offset", "bytes", "Where in the file the mapping begins.");
        _device = DefineText("device", "The device of the file, major and minor number in hex; 00:00 without a file.");
        _inode = Define<ulong>("inode", "inode", "The file's inode; 0 without a file.");
        _kind = DefineText("kind", "What the mapping is for, such as File, Anonymous, Heap, Stack, SharedMemory or Hugetlb.");
        _name = DefineText("name", "The path of the file, the kernel's name in brackets, or [anon].");
        _isDeleted = Define<bool>("is_deleted", "boolean", "Whether the file has no name any more.");
    }

    public void Add(MemoryMapping mapping)
    {
        _processId.Add(mapping.ProcessId);
        _start.Add(mapping.Start);
        _end.Add(mapping.End);
        _permissions.Add(ToText(mapping.Permissions));
        _offset.Add(mapping.Offset);
        _device.Add(ToText(mapping.Device));
        _inode.Add(mapping.Inode);
        _kind.Add(EnumText<MappingKind>.Get(mapping.Kind));
        _name.Add(ToText(mapping.Name));
        _isDeleted.Add(mapping.IsDeleted);
        EndRow();
    }

    /// <summary>Takes what identifies the mapping of the next row of a batch that was read, its kind and its name.</summary>
    public (int ProcessId, ulong Start, MappingKind? Kind, string? Name) Take() =>
        ((int)_processId.TakeKnown(), _start.TakeKnown(), EnumText<MappingKind>.Find(_kind.Take()), TakeText(_name));
}
