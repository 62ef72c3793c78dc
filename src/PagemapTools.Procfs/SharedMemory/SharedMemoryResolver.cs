using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.SharedMemory;

/// <summary>
/// Resolves pages of shared memory whose entries read 0 (pagemap.rst, "Exceptions for Shared Memory"). The file of the mapping, opened
/// through /proc/PID/map_files, shows which pages are allocated and which are in the page cache. An allocated page of shared memory that
/// is not in the page cache is swapped out.
/// </summary>
/// <param name="process">The process that has the mappings.</param>
/// <param name="capabilities">The capabilities of the caller.</param>
internal sealed class SharedMemoryResolver(ProcessAddressSpace process, CallerCapabilities capabilities) : IDisposable
{
    private const int PagesPerProbe = 32 * 1024;

    private PageState[] _states = [];
    private byte[] _inCore = [];
    private MemoryMapping? _mapping;
    private MappedFile? _file;
    private bool _isDenied;
    private int _resolved;

    /// <summary>
    /// Whether a file that was to be resolved could not be examined. A file that may be on a network or FUSE file system is not opened. Opening a file needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN in
    /// the initial user namespace. Querying its pages needs ownership, CAP_FOWNER or write access.
    /// </summary>
    public bool SawInaccessibleFile { get; private set; }

    /// <summary>The states of the run that was resolved last.</summary>
    public ReadOnlySpan<PageState> Resolved => _states.AsSpan(0, _resolved);

    /// <summary>Resolves a run of entries. Returns one state for each entry, or none if the mapping has no file or cannot be resolved. Valid until the next call.</summary>
    public ReadOnlySpan<PageState> Resolve(MemoryMapping mapping, ulong address, ReadOnlySpan<ulong> entries)
    {
        _resolved = 0;
        MappedFile? file = mapping.IsShared ? Open(mapping) : null;
        SawInaccessibleFile |= mapping.IsShared && _isDenied;

        // The kernel never swaps hugetlb pages, and hugetlbfs does not show which pages are allocated.
        if (file is null || file.Backing == BackingStore.HugePages)
        {
            return default;
        }

        SawInaccessibleFile |= !TryProbe(file, (long)(mapping.Offset + (address - mapping.Start)), entries.Length, out Span<PageState> states);
        for (int i = 0; i < states.Length; i++)
        {
            states[i] = IsPopulated(entries[i]) ? PageState.Unpopulated : states[i];
        }

        _resolved = states.Length;
        return states;
    }

    /// <summary>
    /// Counts the swapped-out pages of a mapping's file as smaps does (fs/proc/task_mmu.c, smap_gather_stats). In a private writable
    /// mapping only the pages that the process has not copied count. Null if the caller may not examine the file; 0 if there is no file.
    /// </summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="isAmbiguous">Whether more pages may be swapped out, because mincore reports pages in the swap cache as in memory.</param>
    /// <param name="cancellationToken">Cancels the count.</param>
    public long? CountSwapped(MemoryMapping mapping, out bool isAmbiguous, CancellationToken cancellationToken)
    {
        isAmbiguous = false;
        if (Open(mapping) is not { Backing: BackingStore.Swap } file)
        {
            return _isDenied ? null : 0;
        }

        long offset = (long)mapping.Offset;
        bool isCopyOnWrite = !mapping.IsShared && mapping.Permissions[1] == 'w';
        return file.HasCachestat
            ? CountByCachestat(file, mapping, isCopyOnWrite, offset, (long)mapping.Size, cancellationToken)
            : CountByMincore(file, mapping, isCopyOnWrite, out isAmbiguous, cancellationToken);
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>Counts evicted pages, which are in swap, even after the end of the file. Halves the range until its pages can be compared with the entries.</summary>
    private long? CountByCachestat(MappedFile file, MemoryMapping mapping, bool isCopyOnWrite, long offset, long length, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Cachestat.Query(file.Handle, offset, length) is not (_, ulong evicted))
        {
            return null;
        }

        long pages = length >> PageGeometry.PageShift;
        if (evicted == 0 || !isCopyOnWrite)
        {
            return (long)evicted;
        }

        if (pages > PagesPerProbe)
        {
            long half = (pages / 2) << PageGeometry.PageShift;
            return CountByCachestat(file, mapping, isCopyOnWrite, offset, half, cancellationToken)
                + CountByCachestat(file, mapping, isCopyOnWrite, offset + half, length - half, cancellationToken);
        }

        if (!TryProbe(file, offset, (int)pages, out Span<PageState> states))
        {
            return null;
        }

        long swapped = 0;
        ReadOnlySpan<ulong> entries = ReadCowEntries(mapping, offset, (int)pages);
        for (int i = 0; i < states.Length; i++)
        {
            swapped += states[i] == PageState.SwappedShared && !IsPopulated(entries[i]) ? 1 : 0;
        }

        return swapped;
    }

    private long? CountByMincore(MappedFile file, MemoryMapping mapping, bool isCopyOnWrite, out bool isAmbiguous, CancellationToken cancellationToken)
    {
        // Neither mincore nor lseek reports pages after the end of the file.
        long end = (long)(mapping.Offset + mapping.Size);
        isAmbiguous = end > RandomAccess.GetLength(file.Handle);
        long swapped = 0;
        for (long position = (long)mapping.Offset; FileIO.FindData(file.Handle, position) is { } data && data < end;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int pages = (int)Math.Min(PagesPerProbe, (end - data) >> PageGeometry.PageShift);
            if (!TryProbe(file, data, pages, out Span<PageState> states))
            {
                return null;
            }

            ReadOnlySpan<ulong> entries = ReadCowEntries(mapping, data, pages);
            for (int i = 0; i < pages; i++)
            {
                bool counts = !isCopyOnWrite || !IsPopulated(entries[i]);
                swapped += counts && states[i] == PageState.SwappedShared ? 1 : 0;
                isAmbiguous |= counts && states[i] == PageState.NotMapped && !IsFilePage(entries[i]);
            }

            position = data + ((long)pages << PageGeometry.PageShift);
        }

        return swapped;
    }

    private static bool IsPopulated(ulong entry) => (entry & (PagemapEntry.PresentBit | PagemapEntry.SwapBit)) != 0;

    private static bool IsFilePage(ulong entry) => (entry & PagemapEntry.PresentBit) != 0 && (entry & PagemapEntry.FileBit) != 0;

    private ulong[] ReadCowEntries(MemoryMapping mapping, long offset, int pages)
    {
        ulong[] entries = new ulong[pages];
        process.Pagemap.Read(PageGeometry.ToPageIndex(mapping.Start + ((ulong)offset - mapping.Offset)), entries);
        return entries;
    }

    private MappedFile? Open(MemoryMapping mapping)
    {
        if (!ReferenceEquals(_mapping, mapping))
        {
            _file?.Dispose();
            _file = null;
            _mapping = null;
            _file = MappedFile.Open(process, mapping, out FileObstacle obstacle);
            _isDenied = obstacle != FileObstacle.None;
            _mapping = mapping;
        }

        return _file;
    }

    private bool TryProbe(MappedFile file, long offset, int pages, out Span<PageState> states)
    {
        if (_states.Length < pages)
        {
            _states = new PageState[pages];
            _inCore = new byte[pages];
        }

        states = _states.AsSpan(0, pages);
        states.Clear();
        return PageCacheProbe.Classify(file, offset, states, _inCore, capabilities);
    }
}
