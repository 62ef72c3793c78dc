using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.WorkingSet;

/// <summary>
/// Marks the pages of a process idle, and counts those that were used since. A page of a large folio counts as its head: the kernel tracks
/// the folio as a whole. Not safe to use from several threads.
/// </summary>
internal sealed class IdlePages(ProcfsContext procfs, IdleBitmap bitmap) : IPageMarks
{
    // Only these have an idle bit (mm/page_idle.c, page_idle_get_folio). The bit of any other page is always read as "in use".
    private const ulong Tracked = (ulong)KPageFlags.LRU;
    private const ulong Tail = (ulong)KPageFlags.COMPOUND_TAIL;
    private const ulong Huge = (ulong)KPageFlags.HUGE;

    private readonly PageIndexedFile _kpageflags = procfs.Frames.Get(FrameProperties.Flags);
    private readonly FolioExtents _extents = new(procfs.Frames.Get(FrameProperties.Flags));
    private readonly PfnBatchReader _reader = new();
    private readonly RentedArray<ulong> _rentedHeads = new();
    private readonly RentedArray<ulong> _rentedRows = new();
    private readonly RentedArray<ulong> _rentedWords = new();
    private FolioExtent? _lastFolio;
    private bool _isLastTracked;

    /// <inheritdoc/>
    public void Mark(ReadOnlySpan<ulong> entries)
    {
        Span<ulong> heads = FindHeads(entries);
        heads.Sort();
        int unknown = heads.IndexOf(PfnBatchReader.NoValue);
        bitmap.Mark(unknown < 0 ? heads : heads[..unknown]);
    }

    /// <inheritdoc/>
    public long Count(ReadOnlySpan<ulong> entries)
    {
        Span<ulong> heads = FindHeads(entries);
        Span<ulong> rows = _rentedRows.EnsureCapacity(heads.Length).AsSpan(0, heads.Length);
        for (int i = 0; i < heads.Length; i++)
        {
            rows[i] = heads[i] == PfnBatchReader.NoValue ? PfnBatchReader.NoValue : heads[i] / IdleBitmap.FramesPerWord;
        }

        ReadOnlySpan<ulong> words = Read(bitmap.Words, rows);
        long used = 0;
        for (int i = 0; i < heads.Length; i++)
        {
            bool isRead = heads[i] != PfnBatchReader.NoValue && words[i] != PfnBatchReader.NoValue;
            used += isRead && ((words[i] >> (int)(heads[i] % IdleBitmap.FramesPerWord)) & 1) == 0 ? 1 : 0;
        }

        return used;
    }

    /// <summary>Returns the buffers to their pools.</summary>
    public void Dispose()
    {
        _extents.Dispose();
        _reader.Dispose();
        _rentedHeads.Dispose();
        _rentedRows.Dispose();
        _rentedWords.Dispose();
    }

    /// <summary>Finds the page frame that has the idle bit of each page; NoValue for a page that has none.</summary>
    private Span<ulong> FindHeads(ReadOnlySpan<ulong> entries)
    {
        Span<ulong> heads = _rentedHeads.EnsureCapacity(entries.Length).AsSpan(0, entries.Length);
        for (int i = 0; i < entries.Length; i++)
        {
            PagemapEntry entry = new(entries[i]);
            heads[i] = !entry.IsPresent ? PfnBatchReader.NoValue : entry.Pfn ?? throw HiddenFrames.CreateException(procfs.Root);
        }

        ReadOnlySpan<ulong> flags = Read(_kpageflags, heads);
        for (int i = 0; i < heads.Length; i++)
        {
            if (heads[i] != PfnBatchReader.NoValue)
            {
                heads[i] = FindHead(heads[i], flags[i]);
            }
        }

        return heads;
    }

    private ulong FindHead(ulong pfn, ulong flags)
    {
        if (flags == PfnBatchReader.NoValue || (flags & Huge) != 0)
        {
            return PfnBatchReader.NoValue;
        }

        if ((flags & Tail) == 0)
        {
            return (flags & Tracked) != 0 ? pfn : PfnBatchReader.NoValue;
        }

        if (_lastFolio is not { } last || pfn < last.Head || pfn >= last.Head + (ulong)last.Pages)
        {
            // Before 6.10 only the head of a folio shows LRU (fs/proc/page.c, stable_page_flags).
            _lastFolio = _extents.Find(pfn);
            _isLastTracked = _lastFolio is { } folio && (_extents.ReadFlags(folio.Head) & Tracked) != 0;
        }

        return _isLastTracked ? _lastFolio!.Value.Head : PfnBatchReader.NoValue;
    }

    private ReadOnlySpan<ulong> Read(PageIndexedFile file, ReadOnlySpan<ulong> rows)
    {
        Memory<ulong> words = _rentedWords.EnsureCapacity(rows.Length).AsMemory(0, rows.Length);
        _reader.Coalesce(rows);
        _reader.Read(file, words);
        return words.Span;
    }
}
