using System.Management.Automation;
using PagemapTools.Completion;

namespace PagemapTools.Commands;

/// <summary>Writes a moment of the machine as Parquet, into a dataset that engines can query.</summary>
[Cmdlet(VerbsData.Export, "PageSnapshot", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(FileInfo))]
public sealed class ExportPageSnapshotCommand : ProcessExportCommand
{
    private const ulong ProgressEnd = 1000;

    /// <summary>The directory of the dataset. It is created if it does not exist.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <summary>The names of the processes, or their ids; wildcards are allowed. The default is all processes that the caller may read.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Alias("ProcessName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ValidateWildcards]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The tables.</summary>
    [Parameter]
    [VisibleArgument(typeof(SnapshotTables))]
    public SnapshotTables Include { get; set; } = SnapshotTables.All;

    /// <summary>Writes the page frame number of each page of a process.</summary>
    [Parameter]
    [Alias("IncludeFrames")]
    public SwitchParameter IncludePfn { get; set; }

    /// <summary>The name of the host in the dataset. The default is the name of this machine.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? HostName { get; set; }

    /// <summary>Returns the files that were written.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override string[] Names => Name;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        string path = GetUnresolvedProviderPathFromPSPath(Path);
        if (!ShouldWrite(path, "Write a snapshot"))
        {
            return;
        }

        SnapshotProgress position = default;
        WorkProgress progress = new(this, "Writing a snapshot", _ => Describe(position), ProgressEnd);
        if (!TryRead(() => Export(path, progress, value => position = value), out SnapshotResult result))
        {
            return;
        }

        // The buffers of an export are garbage in old generations. Without this, the next one of the session adds to them.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        progress.Complete();
        Report(result.Failures);
        if (PassThru)
        {
            WriteObject(result.Files.Select(file => new FileInfo(file.Path)), enumerateCollection: true);
        }
    }

    private static string Describe(SnapshotProgress position) =>
        position.Table == SnapshotTables.Frames ? $"Frames: at page frame 0x{position.Done:x}" : $"{position.Table}: {position.Done} processes read";

    private SnapshotResult Export(string path, WorkProgress progress, Action<SnapshotProgress> setPosition)
    {
        SnapshotOptions options = new()
        {
            Tables = Include,
            ProcessIds = TargetIds,
            IncludePfn = IncludePfn,
            HostName = HostName,
            Run = CreateRunOptions(progress),
            OnWarning = Warn,
        };
        return WriteFile(path, () => Procfs.ExportSnapshot(path, ParquetAssembly.Format, options, new TableProgress(progress, setPosition), CancellationToken));
    }

    // Of one process several tables may be missing.
    private void Report(IReadOnlyList<ProcfsException> failures)
    {
        UnnamedProcesses unnamed = new(this);
        foreach (ProcfsException failure in failures.DistinctBy(failure => (failure.ProcessId, failure.Error, failure.ProcessId is null ? failure.Path : null)))
        {
            if (SelectsAllProcesses)
            {
                unnamed.Report(failure);
            }
            else
            {
                WriteFailure(failure);
            }
        }

        unnamed.Complete();
        unnamed.WarnOfDenied();
    }

    private sealed class TableProgress(WorkProgress progress, Action<SnapshotProgress> setPosition) : IProgress<SnapshotProgress>
    {
        public void Report(SnapshotProgress value)
        {
            setPosition(value);
            progress.Report((ulong)(value.Fraction * ProgressEnd));
        }
    }
}
