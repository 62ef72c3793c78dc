using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Pages;

/// <summary>
/// A bounded number of pages, stored as columns. Rows that a filter drops never become objects.
/// </summary>
internal sealed class PageBatch : IDisposable
{
    /// <summary>The default maximum number of rows: few enough for the processor's caches, and for the first row to be delivered soon.</summary>
    public const int Capacity = 16 * 1024;

    private readonly RentedArray<int> _rentedMappings = new();
    private readonly RentedArray<ulong> _rentedAddresses = new();
    private readonly RentedArray<ulong> _rentedEntries = new();
    private readonly RentedArray<PageState> _rentedResolved = new();
    private readonly RentedArray<ulong> _rentedPfns = new();
    private readonly RentedArray<ulong>[] _rentedWords = [.. KPageFiles.AllProperties.Select(_ => new RentedArray<ulong>())];
    private readonly List<MemoryMapping?> _distinctMappings = [];
    private readonly List<PageInfo> _pages = [];
    private int[] _mappings = [];
    private ulong[] _addresses = [];
    private ulong[] _entries = [];
    private PageState[] _resolved = [];
    private ulong[] _pfns = [];
    private int _limit;

    public PageBatch()
    {
        Clear(Capacity);
    }

    public int Count { get; private set; }

    public bool IsFull => Count == _limit;

    /// <summary>True until the walk reads a swap type that contradicts the order of the swap areas (<see cref="SwapTypes.GetArea"/>).</summary>
    public bool IsAreaOrderPlausible { get; set; } = true;

    public ReadOnlySpan<ulong> Pfns => _pfns.AsSpan(0, Count);

    /// <summary>Empties the batch.</summary>
    /// <param name="limit">The maximum number of rows.</param>
    public void Clear(int limit = Capacity)
    {
        Count = 0;
        _limit = limit;
        _distinctMappings.Clear();
        _pages.Clear();
        _mappings = _rentedMappings.EnsureCapacity(limit);
        _addresses = _rentedAddresses.EnsureCapacity(limit);
        _entries = _rentedEntries.EnsureCapacity(limit);
        _resolved = _rentedResolved.EnsureCapacity(limit);
        _pfns = _rentedPfns.EnsureCapacity(limit);
    }

    public void Truncate(int rows) => Count = rows;

    /// <summary>Adds a page of a process.</summary>
    public void Add(MemoryMapping mapping, ulong address, ulong entry, PageState resolved = PageState.Unpopulated)
    {
        _addresses[Count] = address;
        Append(mapping, entry, new PagemapEntry(entry).Pfn ?? PfnBatchReader.NoValue, resolved);
    }

    /// <summary>Adds a frame.</summary>
    public void Add(ulong pfn) => Append(null, 0, pfn);

    /// <summary>Adds the frame of a page of a file.</summary>
    public void Add(ulong pfn, ulong offset)
    {
        // The page exists: a word 0 is no value where the kernel does not track its frame.
        _addresses[Count] = offset;
        Append(null, PagemapEntry.PresentBit, pfn);
    }

    /// <summary>Adds an existing object.</summary>
    public void Add(PageInfo page)
    {
        _pages.Add(page);
        Append(null, page.Values.Entry.Raw, page.Values.RawPfn);
    }

    /// <summary>The object that a row was added from; null if it was added from values.</summary>
    public PageInfo? Page(int row) => _pages.Count == 0 ? null : _pages[row];

    /// <summary>The column of one field: one word for each row.</summary>
    public Memory<ulong> GetColumn(FrameProperties field) => Column(field).AsMemory(0, Count);

    /// <summary>Removes the rows whose frames do not pass a query.</summary>
    public void Filter(FrameQuery query)
    {
        int kept = 0;
        FrameProperties fields = query.RequiredProperties;
        FrameProperties required = query.Frames.RequiredProperties;
        for (int row = 0; row < Count; row++)
        {
            if (query.Frames.Matches(this, row, required, query.RawFlags))
            {
                MoveRow(row, kept++, fields);
            }
        }

        Count = kept;
    }

    public MemoryMapping? Mapping(int row) => _distinctMappings[_mappings[row]];

    public PagemapEntry Entry(int row) => new(_entries[row]);

    public ulong Pfn(int row) => _pfns[row];

    public ulong Address(int row) => _addresses[row];

    /// <summary>The state of a row of a process.</summary>
    public PageState GetState(int row, SwapTypes types) =>
        Entry(row).GetState(types) is var state && state != PageState.Unpopulated ? state : _resolved[row];

    public ulong GetValue(FrameProperties field, int row) => Column(field)[row];

    /// <summary>The values of a row without the properties of its frame.</summary>
    public PageValues GetValues(int row) => Mapping(row) is { } mapping
        ? new PageValues(mapping, _addresses[row], Entry(row)) { ResolvedState = _resolved[row], IsAreaOrderPlausible = IsAreaOrderPlausible }
        : Entry(row).IsPresent ? new PageValues(_pfns[row], _addresses[row])
        : new PageValues(_pfns[row]);

    /// <summary>Returns the buffers.</summary>
    public void Dispose()
    {
        (_mappings, _addresses, _entries, _resolved, _pfns) = ([], [], [], [], []);
        _rentedMappings.Dispose();
        _rentedAddresses.Dispose();
        _rentedEntries.Dispose();
        _rentedResolved.Dispose();
        _rentedPfns.Dispose();
        foreach (RentedArray<ulong> words in _rentedWords)
        {
            words.Dispose();
        }
    }

    private void Append(MemoryMapping? mapping, ulong entry, ulong pfn, PageState resolved = PageState.Unpopulated)
    {
        if (_distinctMappings.Count == 0 || !ReferenceEquals(_distinctMappings[^1], mapping))
        {
            _distinctMappings.Add(mapping);
        }

        _mappings[Count] = _distinctMappings.Count - 1;
        _entries[Count] = entry;
        _resolved[Count] = resolved;
        _pfns[Count++] = pfn;
    }

    private ulong[] Column(FrameProperties field) => _rentedWords[int.Log2((int)field)].EnsureCapacity(_limit);

    private void MoveRow(int from, int to, FrameProperties fields)
    {
        if (from == to)
        {
            return;
        }

        _mappings[to] = _mappings[from];
        _addresses[to] = _addresses[from];
        _entries[to] = _entries[from];
        _resolved[to] = _resolved[from];
        _pfns[to] = _pfns[from];
        if (_pages.Count > 0)
        {
            _pages[to] = _pages[from];
        }

        foreach (FrameProperties field in KPageFiles.AllProperties)
        {
            if ((fields & field) != 0)
            {
                Column(field)[to] = Column(field)[from];
            }
        }
    }
}
