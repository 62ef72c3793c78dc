using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Comparison;

/// <summary>
/// Reads pages one after the other. If the pages come from <see cref="PageReading"/>, their values are read without an object for each page.
/// </summary>
internal sealed class PageCursor : IDisposable
{
    private readonly IEnumerator<IPageRows<ProcessPageInfo>>? _batches;
    private readonly IEnumerator<ProcessPageInfo>? _pages;
    private IPageRows<ProcessPageInfo>? _rows;
    private PageValues _values;
    private int _row;

    public PageCursor(IEnumerable<ProcessPageInfo> pages)
    {
        _batches = (pages as PageSequence<ProcessPageInfo>)?.Batches.GetEnumerator();
        _pages = _batches is null ? pages.GetEnumerator() : null;
    }

    /// <summary>Whether there is a current page.</summary>
    public bool HasPage { get; private set; }

    /// <summary>The values of the current page.</summary>
    public ref readonly PageValues Values => ref _values;

    /// <summary>Moves to the next page.</summary>
    /// <exception cref="ProcfsException">The reading failed.</exception>
    /// <exception cref="InvalidDataException">The address of the page is not above that of the page before it.</exception>
    public void MoveNext()
    {
        ulong? before = HasPage ? _values.Address : null;
        HasPage = _pages is null ? MoveNextRow() : _pages.MoveNext();
        if (HasPage)
        {
            _values = _pages is null ? _rows!.GetValues(_row) : _pages.Current.Values;
            if (_values.Address <= before)
            {
                throw new InvalidDataException($"The pages are not in ascending order of address: 0x{_values.Address:x} follows 0x{before:x}.");
            }
        }
    }

    /// <summary>Creates the object of the current page.</summary>
    public ProcessPageInfo GetPage() => _pages is null ? _rows!.GetPage(_row) : _pages.Current;

    public void Dispose()
    {
        _batches?.Dispose();
        _pages?.Dispose();
    }

    private bool MoveNextRow()
    {
        _row++;
        while (_rows is null || _row >= _rows.Count)
        {
            if (!_batches!.MoveNext())
            {
                return false;
            }

            _rows = _batches.Current;
            _row = 0;
        }

        return true;
    }
}
