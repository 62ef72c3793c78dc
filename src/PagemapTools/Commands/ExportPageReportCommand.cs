using System.Management.Automation;
using PagemapTools.Completion;

namespace PagemapTools.Commands;

/// <summary>Writes a picture of the machine's memory and of processes as one HTML file.</summary>
[Cmdlet(VerbsData.Export, "PageReport", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
public sealed class ExportPageReportCommand : ProcessExportCommand
{
    private PageSnapshot? _snapshot;

    /// <summary>The file.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("FilePath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <summary>The names of the processes, or their ids; wildcards are allowed. The default is all processes that the caller may read.</summary>
    [Parameter(Position = 1, ParameterSetName = NameSet)]
    [Alias("ProcessName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ValidateWildcards]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The directory that Export-PageSnapshot wrote to: the report shows a snapshot in it instead of the machine.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = IdSet)]
    [ValidateNotNullOrEmpty]
    public string? Snapshot { get; set; }

    /// <summary>The host whose snapshot it is. The default is the host of all snapshots in the directory.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = IdSet)]
    [ValidateNotNullOrEmpty]
    public string? HostName { get; set; }

    /// <summary>The moment at which, or before which, the snapshot began. The default is the newest one.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = IdSet)]
    [VisibleArgument(typeof(DateTime))]
    public DateTime Time { get; set; }

    /// <summary>Shows page frames in the order of their numbers, and the numbers.</summary>
    [Parameter]
    public SwitchParameter IncludeFrames { get; set; }

    /// <summary>Lets all users read the file. Without it, its owner alone can.</summary>
    [Parameter]
    public SwitchParameter WorldReadable { get; set; }

    private protected override string[] Names => Name;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Snapshot is not null)
        {
            string directory = GetUnresolvedProviderPathFromPSPath(Snapshot);
            TryRead(() => PageSnapshot.Open(directory, ParquetAssembly.Format, HostName, Time == default ? null : Time), out _snapshot);
        }
        else if (HostName is not null || Time != default)
        {
            ThrowTerminatingError(PagemapErrors.NoSnapshot());
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        string path = GetUnresolvedProviderPathFromPSPath(Path);
        if (!ShouldWrite(path, "Write report"))
        {
            return;
        }

        WorkProgress progress = WorkProgress.ForProcesses(this, "Measuring processes");
        if (TryRead(() => Export(path, new CountProgress(count => progress.Report((ulong)count))), out PageReportResult result))
        {
            progress.Complete();
            ReportFailures(result);
        }
    }

    private protected override IReadOnlyDictionary<int, string> ListProcessNames() =>
        _snapshot is null ? base.ListProcessNames()
        : TryRead(() => _snapshot.ReadProcessNames(CancellationToken), out IReadOnlyDictionary<int, string> names) ? names
        : new Dictionary<int, string>();

    private PageReportResult Export(string path, IProgress<int> progress)
    {
        PageReportOptions options = new()
        {
            ProcessIds = TargetIds,
            IncludeFrames = IncludeFrames,
            IsWorldReadable = WorldReadable,
            Run = CreateRunOptions(),
        };
        return WriteFile(path, () => _snapshot is null
            ? Procfs.ExportPageReport(path, options, progress, CancellationToken)
            : _snapshot.ExportPageReport(path, options, CancellationToken));
    }

    private void ReportFailures(PageReportResult result)
    {
        foreach (string omission in result.Omissions)
        {
            WriteWarning(omission);
        }

        UnnamedProcesses unnamed = new(this);
        foreach (ProcfsException failure in result.Failures)
        {
            if (SelectsAllProcesses)
            {
                unnamed.Report(failure);
            }
            else
            {
                Report(failure);
            }
        }

        unnamed.Complete(isAnyRead: result.ProcessCount > 0);
        unnamed.WarnOfDenied();
    }
}
