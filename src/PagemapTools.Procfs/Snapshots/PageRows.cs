using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Snapshots;

/// <summary>Virtual pages side by side that are alike.</summary>
internal record struct PageRun(ulong Address, long Count, ulong MappingStart, PagemapEntry Entry, PageState State);

/// <summary>Rows of the table pages.</summary>
internal sealed class PageRows : SnapshotRows
{
    private readonly SnapshotColumn<long> _processId;
    private readonly SnapshotColumn<ulong> _mappingStart;
    private readonly SnapshotColumn<ulong> _address;
    private readonly SnapshotColumn<long> _pages;
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _state;
    private readonly SnapshotColumn<bool> _isExclusive;
    private readonly SnapshotColumn<bool> _isFile;
    private readonly SnapshotColumn<bool> _isSoftDirty;
    private readonly SnapshotColumn<bool> _isUffdWriteProtected;
    private readonly SnapshotColumn<ulong> _pfn;

    public PageRows()
    {
        _processId = Define<long>("process_id", "id", "The process.", SnapshotEncoding.Delta);
        _mappingStart = Define<ulong>("mapping_start", "address", "The first address of the mapping: with process_id the key of a row of mappings.", SnapshotEncoding.Delta);
        _address = Define<ulong>("address", "address", "The address of the first page of the run.", SnapshotEncoding.Delta);
        _pages = Define<long>("pages", "pages", "The number of pages of the run, which lie side by side and are alike.", SnapshotEncoding.Delta);
        _state = DefineText("state", "Present, Swapped, Guard, Poisoned, UffdMarker, Migration, Device, NonSwap or Hidden. Pages that are not populated have no row.");
        _isExclusive = Define<bool>("is_exclusive", "boolean", "Whether each page is mapped exactly once.");
        _isFile = Define<bool>("is_file_or_shared_anon", "boolean", "Whether the pages belong to a file or to shared memory.");
        _isSoftDirty = DefineNullable<bool>("is_soft_dirty", "boolean", "Whether the pages were written since soft-dirty bits were cleared; null where the kernel has no such bits.");
        _isUffdWriteProtected = Define<bool>("is_uffd_write_protected", "boolean", "Whether userfaultfd write-protects the pages.");
        _pfn = DefineNullable<ulong>("pfn", "page frame number", "The page frame of the first page; the next page has the next one. Null unless asked for, and where the kernel hides it.", SnapshotEncoding.Delta);
    }

    /// <summary>Whether page frame numbers are written.</summary>
    public bool IncludePfn { get; init; }

    /// <summary>Whether the kernel has soft-dirty bits.</summary>
    public bool HasSoftDirty { get; init; }

    public void Add(int processId, in PageRun run)
    {
        _processId.Add(processId);
        _mappingStart.Add(run.MappingStart);
        _address.Add(run.Address);
        _pages.Add(run.Count);
        _state.Add(EnumText<PageState>.Get(run.State));
        _isExclusive.Add(run.Entry.IsExclusive);
        _isFile.Add(run.Entry.IsFileOrSharedAnon);
        _isSoftDirty.Add(run.Entry.IsSoftDirty || HasSoftDirty ? run.Entry.IsSoftDirty : null);
        _isUffdWriteProtected.Add(run.Entry.IsUffdWriteProtected);
        _pfn.Add(IncludePfn ? run.Entry.Pfn : null);
        EndRow();
    }

    /// <summary>Takes the next row of a batch that was read. Of the entry only what the pages of any state have is known.</summary>
    public (int ProcessId, PageRun Run) Take()
    {
        PageState? state = EnumText<PageState>.Find(_state.Take());
        ulong entry = (state == PageState.Present ? PagemapEntry.PresentBit : 0)
            | (_isExclusive.TakeKnown() ? PagemapEntry.ExclusiveBit : 0)
            | (_isFile.TakeKnown() ? PagemapEntry.FileBit : 0)
            | (_pfn.Take() ?? 0);
        PageRun run = new(_address.TakeKnown(), _pages.TakeKnown(), _mappingStart.TakeKnown(), new PagemapEntry(entry), state ?? PageState.Hidden);
        return ((int)_processId.TakeKnown(), run);
    }
}
