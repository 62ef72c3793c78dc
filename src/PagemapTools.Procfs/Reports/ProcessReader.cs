using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Reports;

/// <summary>Measures the processes of a report, and sums mappings with the same name and kind.</summary>
/// <param name="procfs">The machine.</param>
/// <param name="options">How long a process may hold up its reading; null for the defaults.</param>
internal sealed class ProcessReader(ProcfsContext procfs, TargetRunOptions? options)
{
    private readonly UssMeter _meter = new(procfs);
    private readonly MappingRowTable _rows = new();

    /// <summary>The names of mappings.</summary>
    public IReadOnlyList<string> Names => _rows.Names;

    /// <summary>The failures of processes that are not in the report.</summary>
    public List<ProcfsException> Failures { get; } = [];

    public IReadOnlyList<ReportedProcess> Read(IEnumerable<int> processIds, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        List<ReportedProcess> processes = [];
        int done = 0;
        foreach (TargetResult<Measured> result in TargetRun.ReadEach(procfs.Root, processIds, Measure, options, cancellationToken))
        {
            progress?.Report(++done);
            if (result.Failure is { } failure)
            {
                Failures.Add(failure);
            }
            else if (result.Value is { First: { } first, Sums: { } sums })
            {
                MappingSum all = sums.Total;
                processes.Add(new ReportedProcess(
                    first.ProcessId, VisibleText.Escape(first.ProcessName), VisibleText.Escape(first.User),
                    all.Uss, all.Pss, all.Rss, all.Shared, all.Swap, all.Hugetlb, all.HugePages, _rows.Create(sums)));
            }
        }

        return processes;
    }

    private Measured Measure(int id, CancellationToken cancellationToken)
    {
        MappingUss? first = null;
        ProcessSums sums = new();
        foreach (MappingUss mapping in _meter.MeasureMappings(id, cancellationToken: cancellationToken))
        {
            first ??= mapping;
            sums.Add(new MappingSum(mapping.Mapping.Name, $"{mapping.Mapping.Kind}")
            {
                Uss = mapping.Uss,
                Pss = mapping.Pss,
                Rss = mapping.Rss,
                Shared = mapping.Shared,
                Swap = mapping.Swap,
                Hugetlb = mapping.Hugetlb,
                HugePages = mapping.AnonHugePages,
            });
        }

        return new Measured(first, sums);
    }

    private sealed record Measured(MappingUss? First, ProcessSums Sums);
}
