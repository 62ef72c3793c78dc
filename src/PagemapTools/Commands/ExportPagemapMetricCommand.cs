using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Writes the memory of all processes, in groups, as a file for the textfile collector of Prometheus' node_exporter.</summary>
[Cmdlet(VerbsData.Export, "PagemapMetric", SupportsShouldProcess = true)]
public sealed class ExportPagemapMetricCommand : ProcessReadingCommand
{
    /// <summary>The file, which ends in .prom.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("FilePath")]
    public string Path { get; set; } = string.Empty;

    /// <summary>What processes are grouped by; each value is one pass over all processes.</summary>
    [Parameter]
    [VisibleArgument(typeof(ProcessGroupKey[]))]
    public ProcessGroupKey[] GroupBy { get; set; } = [ProcessGroupKey.Cgroup];

    /// <summary>The number of groups of each kind that have time series of their own. The others are summed.</summary>
    [Parameter]
    [ValidateRange(0, 10_000)]
    [VisibleArgument(typeof(int))]
    public int MaxGroupCount { get; set; } = MetricOptions.DefaultMaxGroupCount;

    /// <summary>Lets all users read the file. Without it, its owner alone can.</summary>
    [Parameter]
    public SwitchParameter WorldReadable { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!Path.EndsWith(".prom", StringComparison.Ordinal))
        {
            ThrowTerminatingError(PagemapErrors.NoPromFile(Path));
        }

        string path = GetUnresolvedProviderPathFromPSPath(Path);
        if (!ShouldProcess(path, "Write metrics"))
        {
            return;
        }

        WorkProgress progress = WorkProgress.ForProcesses(this, "Measuring processes");
        if (TryRead(() => Export(path, new CountProgress(count => progress.Report((ulong)count))), out IReadOnlyList<ProcfsException> failures))
        {
            progress.Complete();
            ReportFailures(failures);
        }
    }

    private IReadOnlyList<ProcfsException> Export(string path, IProgress<int> progress)
    {
        MetricOptions options = new()
        {
            GroupBy = GroupBy,
            MaxGroupCount = MaxGroupCount,
            IsWorldReadable = WorldReadable,
            Run = CreateRunOptions(),
        };
        return WriteFile(path, () => Procfs.ExportMetrics(path, options, progress, CancellationToken));
    }

    // Each process is read once for each value of -GroupBy. The file counts those that this user may not read, so no warning does.
    private void ReportFailures(IReadOnlyList<ProcfsException> failures)
    {
        UnnamedProcesses unnamed = new(this);
        unnamed.Report(failures.DistinctBy(failure => failure.ProcessId));
        unnamed.Complete();
    }
}
