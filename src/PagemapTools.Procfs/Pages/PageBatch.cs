namespace PagemapTools.Procfs;

/// <summary>
/// A bounded number of pages as columns, between the reader and the objects. Rows that a filter drops never become objects.
/// </summary>
internal sealed class PageBatch
{
    /// <summary>Rows in a batch: enough for the join to find neighbours, few enough for the caches.</summary>
    public const int Capacity = 16 * 1024;

    private readonly MemoryMapping?[] _mappings = new MemoryMapping?[Capacity];
    private readonly ulong[] _addresses = new ulong[Capacity];
    private readonly ulong[] _entries = new ulong[Capacity];
    private readonly PageState[] _resolved = new PageState[Capacity];
    private readonly ulong[] _pfns = new ulong[Capacity];
    private readonly ulong[][] _words = new ulong[KPageFiles.EachField.Count][];

    private PageInfo[]? _pages;

    public int Count { get; private set; }

    public bool IsFull => Count == Capacity;

    public ReadOnlySpan<ulong> Pfns => _pfns.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Truncate(int rows) => Count = rows;

    /// <summary>Adds a page of a process.</summary>
    public void Add(MemoryMapping mapping, ulong address, ulong entry, PageState resolved = PageState.Unpopulated)
    {
        _mappings[Count] = mapping;
        _addresses[Count] = address;
        _entries[Count] = entry;
        _resolved[Count] = resolved;
        _pfns[Count++] = new PagemapEntry(entry).Pfn ?? PfnRuns.Unknown;
    }

    /// <summary>Adds a frame.</summary>
    public void Add(ulong pfn)
    {
        _mappings[Count] = null;
        _entries[Count] = 0;
        _pfns[Count++] = pfn;
    }

    /// <summary>Adds a page that came down the pipeline.</summary>
    public void Add(PageInfo page)
    {
        _pages ??= new PageInfo[Capacity];
        _pages[Count] = page;
        _mappings[Count] = null;
        _entries[Count] = page is ProcessPageInfo { RawEntry: var entry } ? entry : 0;
        _pfns[Count++] = page.PfnOrUnknown;
    }

    /// <summary>The page that came down the pipeline.</summary>
    public PageInfo Page(int row) => _pages![row];

    /// <summary>The words of one field, one a row; made when first asked for.</summary>
    public Span<ulong> Words(KPageFields field) => Column(field).AsSpan(0, Count);

    /// <summary>Keeps the rows whose frames pass, in order.</summary>
    /// <param name="filter">The conditions.</param>
    /// <param name="fields">The fields that the rows have.</param>
    public void Keep(FrameFilter filter, KPageFields fields)
    {
        int kept = 0;
        KPageFields needs = filter.Needs;
        for (int row = 0; row < Count; row++)
        {
            if (filter.Matches(this, row, needs))
            {
                Move(row, kept++, fields);
            }
        }

        Count = kept;
    }

    public MemoryMapping? Mapping(int row) => _mappings[row];

    public ulong Address(int row) => _addresses[row];

    public PagemapEntry Entry(int row) => new(_entries[row]);

    public PageState Resolved(int row) => _resolved[row];

    public ulong Pfn(int row) => _pfns[row];

    public ulong Word(KPageFields field, int row) => Column(field)[row];

    /// <summary>The row as a page of a process.</summary>
    public ProcessPageInfo ProcessPage(int row) =>
        new(_mappings[row]!, _addresses[row], Entry(row), _resolved[row]);

    /// <summary>Hands a row's words to its object.</summary>
    public void CopyWords(int row, KPageFields fields, PageInfo page)
    {
        foreach (KPageFields field in KPageFiles.EachField)
        {
            if ((fields & field) != 0)
            {
                page.Set(field, Column(field)[row]);
            }
        }
    }

    private ulong[] Column(KPageFields field) => _words[int.Log2((int)field)] ??= new ulong[Capacity];

    private void Move(int from, int to, KPageFields fields)
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
        if (_pages is not null)
        {
            _pages[to] = _pages[from];
        }

        foreach (KPageFields field in KPageFiles.EachField)
        {
            if ((fields & field) != 0)
            {
                Column(field)[to] = Column(field)[from];
            }
        }
    }
}
