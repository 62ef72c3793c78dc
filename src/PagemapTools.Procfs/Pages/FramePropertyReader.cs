using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Pages;

/// <summary>Fills the columns of a batch from the files that are indexed by page frame number, and copies them to the values of pages.</summary>
internal sealed class FramePropertyReader(KPageFiles files, FrameProperties fields, Func<CgroupPaths>? getCgroups = null, Func<MemoryNodes>? getNodes = null, Action<ReadWarnings>? onWarning = null)
    : IDisposable
{
    // For frames with these flags, bit 56 and kpagecount may differ. If one entry maps a huge page, all its pages have the bit of the first
    // page, except in 6.11 to 6.14. With CONFIG_NO_PAGE_MAPCOUNT (6.15), bit 56 and kpagecount describe the folio in different ways. A frame
    // without a struct page (NOPAGE) has no count.
    private const ulong LargeFolioOrNoPage = (ulong)(KPageFlags.COMPOUND_HEAD | KPageFlags.COMPOUND_TAIL | KPageFlags.HUGE | KPageFlags.THP | KPageFlags.NOPAGE);

    // Map counts come last, because flags determine most of them, and only the others are read.
    private static readonly FrameProperties[] s_readOrder = [FrameProperties.Flags, FrameProperties.Cgroup, FrameProperties.MapCount];

    private readonly FrameProperties[] _fields = [.. s_readOrder.Where(field => (fields & field) != 0)];
    private readonly CgroupPaths? _cgroups = (fields & FrameProperties.Cgroup) != 0 ? getCgroups?.Invoke() : null;
    private readonly MemoryNodes? _nodes = (fields & FrameProperties.Node) != 0 ? getNodes?.Invoke() : null;
    private readonly PfnBatchReader _runs = new();
    private readonly RentedArray<ulong> _pfnsToCount = new();
    private readonly WarningReporter _warnings = new(onWarning);
    private (ulong Inode, string? Path) _lastCgroup;

    public void Read(PageBatch batch)
    {
        if (_fields.Length == 0 || batch.Count == 0)
        {
            return;
        }

        _runs.Coalesce(batch.Pfns);
        foreach (FrameProperties field in _fields)
        {
            PageIndexedFile file = files.Get(field);
            if (field == FrameProperties.MapCount && (fields & FrameProperties.Flags) != 0)
            {
                ReadCounts(file, batch);
            }
            else
            {
                _runs.Read(file, batch.GetColumn(field), Environment.ProcessorCount);
            }

            ClearUntracked(batch, field);
        }
    }

    /// <summary>Copies the properties of a row.</summary>
    public void Populate(PageBatch batch, int row, ref PageValues values)
    {
        foreach (FrameProperties field in _fields)
        {
            values.Set(field, batch.GetValue(field, row));
        }

        if (_nodes is not null && batch.Pfn(row) is var pfn && pfn != PfnBatchReader.NoValue)
        {
            values.Node = _nodes.Find(pfn);
        }

        if (_cgroups is not null && values.CgroupInode is { } inode)
        {
            if (inode != _lastCgroup.Inode)
            {
                _lastCgroup = (inode, FindPath(_cgroups, inode));
            }

            values.CgroupPath = _lastCgroup.Path;
        }
    }

    // A user who may make cgroups must not be able to end the reading of pages by their number.
    private string? FindPath(CgroupPaths cgroups, ulong inode)
    {
        try
        {
            return cgroups.GetPath(inode);
        }
        catch (ProcfsException incomplete) when (!incomplete.IsExhaustion)
        {
            _warnings.Report(ReadWarnings.UnknownCgroupPaths);
            return null;
        }
    }

    public void Dispose()
    {
        _runs.Dispose();
        _pfnsToCount.Dispose();
    }

    /// <summary>
    /// For a small folio, bit 56 and kpagecount derive from the same field (fs/proc/task_mmu.c, fs/proc/page.c). If bit 56 is set, and the
    /// flags show that the frame is still mapped, the count is 1. Only the other counts are read.
    /// </summary>
    private void ReadCounts(PageIndexedFile kpagecount, PageBatch batch)
    {
        ReadOnlySpan<ulong> flags = batch.GetColumn(FrameProperties.Flags).Span;
        ulong[] uncounted = _pfnsToCount.EnsureCapacity(batch.Count);
        for (int row = 0; row < flags.Length; row++)
        {
            uncounted[row] = IsKnownSingleMapping(batch.Entry(row), flags[row]) ? PfnBatchReader.NoValue : batch.Pfn(row);
        }

        Memory<ulong> words = batch.GetColumn(FrameProperties.MapCount);
        _runs.Coalesce(uncounted.AsSpan(0, batch.Count));
        _runs.Read(kpagecount, words, Environment.ProcessorCount);
        Span<ulong> counts = words.Span;
        for (int row = 0; row < counts.Length; row++)
        {
            if (IsKnownSingleMapping(batch.Entry(row), flags[row]))
            {
                counts[row] = 1;
            }
        }
    }

    /// <summary>Replaces the word 0 by an unknown value where it means that the kernel does not track the frame of a mapped page.</summary>
    private void ClearUntracked(PageBatch batch, FrameProperties field)
    {
        Span<ulong> words = batch.GetColumn(field).Span;
        for (int row = words.IndexOf(0UL); row >= 0 && row < words.Length; row++)
        {
            if (files.UntrackedSections.IsUntracked(words[row], batch.Entry(row), batch.Pfn(row)))
            {
                words[row] = field == FrameProperties.MapCount && batch.Entry(row).IsExclusive ? 1 : PfnBatchReader.NoValue;
            }
        }
    }

    // A word that could not be read has all bits set.
    private static bool IsKnownSingleMapping(PagemapEntry entry, ulong flags) =>
        entry.IsPresent && entry.IsExclusive && (flags & (LargeFolioOrNoPage | (ulong)KPageFlags.MMAP)) == (ulong)KPageFlags.MMAP;
}
