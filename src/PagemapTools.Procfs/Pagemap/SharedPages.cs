using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs;

/// <summary>
/// Tells the pages of shared memory apart whose entries read 0 ("Exceptions for Shared Memory", pagemap.rst). The file behind the
/// mapping, opened through /proc/PID/map_files, knows which pages it holds and which of those are in the page cache; what shared
/// memory holds and is not in the page cache is swapped out.
/// </summary>
internal sealed class SharedPages(ProcessMemory process) : IDisposable
{
    private const int PagesPerLook = 32 * 1024;

    private PageState[] _states = [];
    private byte[] _inCore = [];
    private MemoryMapping? _mapping;
    private MappedFile? _file;
    private int _resolved;

    /// <summary>
    /// Whether a file could not be looked into: to open it needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN in the initial user namespace,
    /// and to ask for its pages being its owner, CAP_FOWNER or the right to write it.
    /// </summary>
    public bool MetUnreadable { get; private set; }

    /// <summary>What the last run was resolved to.</summary>
    public ReadOnlySpan<PageState> Resolved => _states.AsSpan(0, _resolved);

    /// <summary>The states of a run of entries that are 0; empty where the mapping has no file behind it, or cannot be resolved.</summary>
    public ReadOnlySpan<PageState> Resolve(MemoryMapping mapping, ulong address, ReadOnlySpan<ulong> entries)
    {
        _resolved = 0;

        // Hugetlb pages are never swapped out, and their file system does not tell which of them it holds.
        if (!mapping.IsShared || Open(mapping) is not { } file || file.Store == FileStore.HugePages)
        {
            return default;
        }

        Span<PageState> states = Look(file, (long)(mapping.Offset + (address - mapping.Start)), entries.Length);
        for (int i = 0; i < states.Length; i++)
        {
            states[i] = IsHere(entries[i]) ? PageState.Unpopulated : states[i];
        }

        _resolved = states.Length;
        return states;
    }

    /// <summary>
    /// How many pages of a part are swapped out, as smaps has it (fs/proc/task_mmu.c, smap_gather_stats): in a private mapping that
    /// can be written only those that the process has no page of its own for. 0 where it cannot be resolved.
    /// </summary>
    /// <param name="part">The part.</param>
    /// <param name="isDoubtful">Whether there are more that mincore took for pages in memory, as they are in the swap cache.</param>
    /// <param name="stop">Asks to stop.</param>
    public long CountSwapped(WalkPart part, out bool isDoubtful, CancellationToken stop)
    {
        isDoubtful = false;
        if (Open(part.Mapping) is not { Store: FileStore.Swap } file)
        {
            return 0;
        }

        long offset = (long)(part.Mapping.Offset + (part.Start - part.Mapping.Start));
        long length = (long)(part.End - part.Start);
        bool canHaveOwn = !part.Mapping.IsShared && part.Mapping.Permissions[1] == 'w';
        return file.HasCachestat
            ? CountByCachestat(file, part, canHaveOwn, offset, length, stop)
            : CountByMincore(file, part, canHaveOwn, offset, offset + length, out isDoubtful, stop);
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>What was evicted of shared memory is in swap, also behind the end of the file; it is halved for a look at its pages.</summary>
    private long CountByCachestat(MappedFile file, WalkPart part, bool canHaveOwn, long offset, long length, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (CachestatCall.Ask(file.Handle, offset, length) is not (_, ulong evicted))
        {
            MetUnreadable = true;
            return 0;
        }

        long pages = length >> PageGeometry.PageShift;
        if (evicted == 0 || !canHaveOwn)
        {
            return (long)evicted;
        }

        if (pages > PagesPerLook)
        {
            long half = (pages / 2) << PageGeometry.PageShift;
            return CountByCachestat(file, part, canHaveOwn, offset, half, stop)
                + CountByCachestat(file, part, canHaveOwn, offset + half, length - half, stop);
        }

        long swapped = 0;
        ReadOnlySpan<PageState> states = Look(file, offset, (int)pages);
        ReadOnlySpan<ulong> own = OwnEntries(part, offset, (int)pages);
        for (int i = 0; i < states.Length; i++)
        {
            swapped += states[i] == PageState.SwappedShared && !IsHere(own[i]) ? 1 : 0;
        }

        return swapped;
    }

    private long CountByMincore(MappedFile file, WalkPart part, bool canHaveOwn, long offset, long end, out bool isDoubtful, CancellationToken stop)
    {
        // Behind the end of the file nothing tells.
        isDoubtful = end > RandomAccess.GetLength(file.Handle);
        long swapped = 0;
        for (long position = offset; FileCalls.NextData(file.Handle, position) is { } data && data < end;)
        {
            stop.ThrowIfCancellationRequested();
            int pages = (int)Math.Min(PagesPerLook, (end - data) >> PageGeometry.PageShift);
            ReadOnlySpan<PageState> states = Look(file, data, pages);
            ReadOnlySpan<ulong> own = OwnEntries(part, data, pages);
            for (int i = 0; i < pages; i++)
            {
                bool counts = !canHaveOwn || !IsHere(own[i]);
                swapped += counts && states[i] == PageState.SwappedShared ? 1 : 0;
                isDoubtful |= counts && states[i] == PageState.NotMapped && !IsPageOfFile(own[i]);
            }

            position = data + ((long)pages << PageGeometry.PageShift);
        }

        return swapped;
    }

    private static bool IsHere(ulong entry) => (entry & (PagemapEntry.PresentBit | PagemapEntry.SwapBit)) != 0;

    private static bool IsPageOfFile(ulong entry) => (entry & PagemapEntry.PresentBit) != 0 && (entry & PagemapEntry.FileBit) != 0;

    private ReadOnlySpan<ulong> OwnEntries(WalkPart part, long offset, int pages)
    {
        ulong[] entries = new ulong[pages];
        ulong address = part.Mapping.Start + ((ulong)offset - part.Mapping.Offset);
        process.Pagemap.Read(PageGeometry.PageOf(address), entries);
        return entries;
    }

    private MappedFile? Open(MemoryMapping mapping)
    {
        if (!ReferenceEquals(_mapping, mapping))
        {
            _file?.Dispose();
            _mapping = mapping;
            _file = MappedFile.Open(process, mapping, out bool isDenied);
            MetUnreadable |= isDenied;
        }

        return _file;
    }

    private Span<PageState> Look(MappedFile file, long offset, int pages)
    {
        EnsureCapacity(pages);
        Span<PageState> states = _states.AsSpan(0, pages);
        states.Clear();
        MetUnreadable |= !PageCacheLook.Mark(file, offset, states, _inCore);
        return states;
    }

    private void EnsureCapacity(int pages)
    {
        if (_states.Length < pages)
        {
            _states = new PageState[pages];
            _inCore = new byte[pages];
        }
    }
}
