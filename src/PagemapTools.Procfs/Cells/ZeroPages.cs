using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Cells;

/// <summary>
/// Finds the zero page in anonymous memory with PAGEMAP_SCAN (Linux 6.7), which needs no capability. Addresses must be asked for in ascending
/// order.
/// </summary>
internal sealed class ZeroPages(PageIndexedFile pagemap)
{
    private const int RegionsPerScan = 256;
    private const ulong WindowPages = 4096;

    private readonly PagemapScan _scan = new(pagemap);
    private readonly PageRegion[] _regions = new PageRegion[RegionsPerScan];
    private ulong _end;
    private int _count;
    private int _index;

    /// <summary>Whether a page is the zero page. Never if the kernel cannot scan.</summary>
    /// <param name="address">The address of the page.</param>
    /// <param name="mappingEnd">The end of its mapping.</param>
    public bool Contains(ulong address, ulong mappingEnd)
    {
        if (address >= _end)
        {
            ulong windowEnd = Math.Min(mappingEnd, address + (WindowPages << PageGeometry.PageShift));
            _count = _scan.Scan(address, windowEnd, PageCategories.ZeroPage, PageCategories.None, _regions, out _end);
            _index = 0;
        }

        while (_index < _count && _regions[_index].End <= address)
        {
            _index++;
        }

        return _index < _count && _regions[_index].Start <= address;
    }
}
