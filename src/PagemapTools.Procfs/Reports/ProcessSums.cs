namespace PagemapTools.Procfs.Reports;

/// <summary>The mappings of a process by name and kind.</summary>
internal sealed class ProcessSums
{
    private readonly Dictionary<(string Name, string Kind), MappingSum> _mappings = [];

    /// <summary>The sum of all mappings.</summary>
    public MappingSum Total { get; } = new(string.Empty, string.Empty);

    /// <summary>The mappings; those with the same name and kind are one.</summary>
    public IEnumerable<MappingSum> Mappings => _mappings.Values;

    /// <summary>Adds a mapping.</summary>
    public void Add(MappingSum mapping)
    {
        if (!_mappings.TryGetValue((mapping.Name, mapping.Kind), out MappingSum? sum))
        {
            _mappings.Add((mapping.Name, mapping.Kind), sum = new MappingSum(mapping.Name, mapping.Kind));
        }

        sum.Add(mapping);
        Total.Add(mapping);
    }
}

/// <summary>The sum of mappings. A figure that is unknown for one of them is unknown for the sum.</summary>
internal sealed class MappingSum(string name, string kind)
{
    public string Name => name;

    public string Kind => kind;

    public long? Uss { get; set; } = 0;

    public long? Pss { get; set; } = 0;

    public long? Rss { get; set; } = 0;

    public long? Shared { get; set; } = 0;

    public long? Swap { get; set; } = 0;

    public long Hugetlb { get; set; }

    public long? HugePages { get; set; } = 0;

    public long Size => (Uss ?? 0) + (Shared ?? 0) + (Swap ?? 0);

    public void Add(MappingSum other)
    {
        Uss += other.Uss;
        Pss += other.Pss;
        Rss += other.Rss;
        Shared += other.Shared;
        Swap += other.Swap;
        Hugetlb += other.Hugetlb;
        HugePages += other.HugePages;
    }
}

/// <summary>Makes the rows of the mappings of each process, and numbers their names.</summary>
internal sealed class MappingRowTable
{
    // More would be too small to see, and a report of thousands of processes has to stay small.
    private const int MaxMappings = 24;

    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);

    /// <summary>The names of mappings.</summary>
    public IReadOnlyList<string> Names => [.. _names.Keys];

    /// <summary>Creates the rows of a process, the largest first.</summary>
    public IReadOnlyList<object?[]> Create(ProcessSums sums)
    {
        MappingSum[] mappings = [.. sums.Mappings.Where(sum => sum.Size > 0).OrderByDescending(sum => sum.Size)];
        List<object?[]> rows = [.. mappings.Take(MaxMappings).Select(sum => CreateRow(sum.Name, sum))];
        if (mappings.Length > MaxMappings)
        {
            MappingSum rest = new(string.Empty, string.Empty);
            Array.ForEach(mappings[MaxMappings..], rest.Add);
            rows.Add(CreateRow($"{mappings.Length - MaxMappings} smaller mappings", rest));
        }

        return rows;
    }

    private object?[] CreateRow(string name, MappingSum sum)
    {
        string visible = VisibleText.Escape(name);
        if (!_names.TryGetValue(visible, out int index))
        {
            _names.Add(visible, index = _names.Count);
        }

        return [index, sum.Kind, sum.Uss, sum.Shared, sum.Swap];
    }
}
