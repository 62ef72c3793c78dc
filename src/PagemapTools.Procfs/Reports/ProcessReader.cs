using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Reports;

/// <summary>Measures the processes of a report, and sums mappings with the same name and kind.</summary>
/// <param name="procfs">The machine.</param>
/// <param name="options">How long a process may hold up its reading; null for the defaults.</param>
internal sealed class ProcessReader(ProcfsContext procfs, TargetRunOptions? options)
{
    // More would be too small to see, and a report of thousands of processes has to stay small.
    private const int MaxMappings = 24;

    private readonly UssMeter _meter = new(procfs);
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);

    /// <summary>The names of mappings.</summary>
    public IReadOnlyList<string> Names => [.. _names.Keys];

    /// <summary>The failures of processes that are not in the report.</summary>
    public List<ProcfsException> Failures { get; } = [];

    public IReadOnlyList<ReportedProcess> Read(IEnumerable<int> processIds, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        List<ReportedProcess> processes = [];
        int done = 0;
        foreach (TargetResult<ProcessSums> result in TargetRun.ReadEach(procfs.Root, processIds, Measure, options, cancellationToken))
        {
            progress?.Report(++done);
            if (result.Failure is { } failure)
            {
                Failures.Add(failure);
            }
            else if (result.Value?.First is not null)
            {
                processes.Add(Create(result.Value));
            }
        }

        return processes;
    }

    private ProcessSums Measure(int id, CancellationToken cancellationToken)
    {
        ProcessSums sums = new();
        foreach (MappingUss mapping in _meter.MeasureMappings(id, cancellationToken: cancellationToken))
        {
            sums.Add(mapping);
        }

        return sums;
    }

    private ReportedProcess Create(ProcessSums sums)
    {
        MappingSum[] mappings = [.. sums.Mappings.Where(sum => sum.Size > 0).OrderByDescending(sum => sum.Size)];
        List<object?[]> rows = [.. mappings.Take(MaxMappings).Select(sum => CreateRow(sum.Name, $"{sum.Kind}", sum))];
        if (mappings.Length > MaxMappings)
        {
            MappingSum rest = new(string.Empty, default);
            Array.ForEach(mappings[MaxMappings..], rest.Add);
            rows.Add(CreateRow($"{mappings.Length - MaxMappings} smaller mappings", string.Empty, rest));
        }

        MappingSum all = sums.Total;
        return new ReportedProcess(
            sums.First!.ProcessId, VisibleText.Escape(sums.First.ProcessName), VisibleText.Escape(sums.First.User),
            all.Uss, all.Pss, all.Rss, all.Shared, all.Swap, all.Hugetlb, all.HugePages, rows);
    }

    private object?[] CreateRow(string name, string kind, MappingSum sum)
    {
        string visible = VisibleText.Escape(name);
        if (!_names.TryGetValue(visible, out int index))
        {
            _names.Add(visible, index = _names.Count);
        }

        return [index, kind, sum.Uss, sum.Shared, sum.Swap];
    }

    /// <summary>The mappings of a process by name and kind.</summary>
    private sealed class ProcessSums
    {
        private readonly Dictionary<(string Name, MappingKind Kind), MappingSum> _mappings = [];

        public MappingUss? First { get; private set; }

        public MappingSum Total { get; } = new(string.Empty, default);

        public IEnumerable<MappingSum> Mappings => _mappings.Values;

        public void Add(MappingUss mapping)
        {
            First ??= mapping;
            (string Name, MappingKind Kind) key = (mapping.Mapping.Name, mapping.Mapping.Kind);
            if (!_mappings.TryGetValue(key, out MappingSum? sum))
            {
                _mappings.Add(key, sum = new MappingSum(key.Name, key.Kind));
            }

            MappingSum one = new(key.Name, key.Kind)
            {
                Uss = mapping.Uss,
                Pss = mapping.Pss,
                Rss = mapping.Rss,
                Shared = mapping.Shared,
                Swap = mapping.Swap,
                Hugetlb = mapping.Hugetlb,
                HugePages = mapping.AnonHugePages,
            };
            sum.Add(one);
            Total.Add(one);
        }
    }

    /// <summary>The sum of mappings. A figure that is unknown for one of them is unknown for the sum.</summary>
    private sealed class MappingSum(string name, MappingKind kind)
    {
        public string Name => name;

        public MappingKind Kind => kind;

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
}
