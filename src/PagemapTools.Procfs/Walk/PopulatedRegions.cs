namespace PagemapTools.Procfs.Walk;

/// <summary>
/// Finds the regions of a mapping whose entries are worth reading. PAGEMAP_SCAN costs about a third of a read where pages are dense, and
/// almost nothing where there are none. Each scan covers a window. Sparse windows double the next window. A dense window resets it, and
/// the range behind it is read without a scan.
/// </summary>
internal sealed class PopulatedRegions : IDisposable
{
    // Reading the empty entries of a small mapping costs less than a scan.
    private const ulong MinPagesToScan = 1024;

    // Measured (--micro, BridgeBenchmarks): a read costs as much as 128 to 512 empty entries.
    private const ulong MaxGapPages = 256;

    private const ulong FirstWindowPages = 4096;
    private const ulong DenseRangeWindows = 16;
    private const int RegionsPerScan = 1024;

    private readonly PagemapScan _scan;
    private readonly RentedArray<PageRegion> _rented = new(RegionsPerScan);
    private readonly PageRegion[] _regions;
    private PageCategories _categories;
    private ulong _position;
    private ulong _end;
    private ulong _window;
    private ulong _denseRange;
    private int _count;
    private int _index;
    private bool _isScanned;

    /// <summary>Creates a finder for the pagemap of a process.</summary>
    public PopulatedRegions(PageIndexedFile pagemap)
    {
        _scan = new PagemapScan(pagemap);
        _regions = _rented.Array;
    }

    /// <summary>Begins a range of pages.</summary>
    /// <param name="start">The first address, on a page boundary.</param>
    /// <param name="end">The address after the last one.</param>
    /// <param name="categories">The categories of pages to find; none for every page, populated or not.</param>
    public void Reset(ulong start, ulong end, PageCategories categories)
    {
        _position = start;
        _end = end;
        _count = 0;
        _index = 0;
        _window = FirstWindowPages << PageGeometry.PageShift;
        _denseRange = _window * DenseRangeWindows;
        _categories = categories;
        _isScanned = categories != PageCategories.None && (end - start) >> PageGeometry.PageShift > MinPagesToScan;
    }

    /// <summary>Finds the next region, in ascending order; false at the end of the range.</summary>
    public bool TryNext(out ulong start, out ulong end)
    {
        while (_index >= _count && _position < _end)
        {
            if (!_isScanned)
            {
                (start, end) = (_position, _end);
                _position = _end;
                return true;
            }

            ScanWindow();
        }

        if (_index >= _count)
        {
            (start, end) = (_end, _end);
            return false;
        }

        PageRegion region = _regions[_index++];
        (start, end) = (region.Start, region.End);
        return true;
    }

    /// <summary>Returns the buffer to its pool.</summary>
    public void Dispose() => _rented.Dispose();

    private void ScanWindow()
    {
        ulong windowStart = _position;
        ulong windowEnd = Math.Min(_end, _position + _window);
        _index = 0;
        _count = _scan.Scan(_position, windowEnd, _categories, PageCategories.None, _regions.AsSpan(0, RegionsPerScan), out ulong next);
        if (_count < 0)
        {
            // The rest of the range is one region.
            _isScanned = false;
            return;
        }

        _position = next;
        ulong populated = CoalesceGaps();
        if (populated * 2 >= next - windowStart && populated > 0)
        {
            SkipScanOfDenseRange();
        }
        else
        {
            _window = Math.Min(_window * 2, _end - _position);
            _denseRange = (FirstWindowPages * DenseRangeWindows) << PageGeometry.PageShift;
        }
    }

    /// <summary>Adds the range behind a dense window without a scan. Consecutive dense windows double that range.</summary>
    private void SkipScanOfDenseRange()
    {
        _window = FirstWindowPages << PageGeometry.PageShift;
        ref PageRegion last = ref _regions[_count - 1];
        if (last.End == _position && _position < _end)
        {
            _position = _end - _position > _denseRange ? _position + _denseRange : _end;
            last.End = _position;
            _denseRange *= 2;
        }
    }

    /// <summary>Joins regions that are cheaper to read together. Returns the bytes that the regions then cover.</summary>
    private ulong CoalesceGaps()
    {
        if (_count == 0)
        {
            return 0;
        }

        int last = 0;
        ulong covered = 0;
        for (int i = 1; i < _count; i++)
        {
            if (_regions[i].Start - _regions[last].End <= MaxGapPages << PageGeometry.PageShift)
            {
                _regions[last].End = _regions[i].End;
            }
            else
            {
                covered += _regions[last].End - _regions[last].Start;
                _regions[++last] = _regions[i];
            }
        }

        _count = last + 1;
        return covered + (_regions[last].End - _regions[last].Start);
    }
}
