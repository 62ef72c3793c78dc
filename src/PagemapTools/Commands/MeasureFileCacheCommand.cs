using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Measures how much of files is in the page cache.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "FileCache", DefaultParameterSetName = PathSet)]
[OutputType(typeof(FileCacheInfo))]
public sealed class MeasureFileCacheCommand : FileTreeCommand
{
    private const string OpenFilesSet = "OpenFiles";

    private FileCacheMeter _meter = null!;
    private WorkProgress _progress = null!;
    private int _fileCount;

    /// <summary>Measures all files that processes map or hold open, in whatever mount namespace.</summary>
    [Parameter(Mandatory = true, ParameterSetName = OpenFilesSet)]
    public SwitchParameter OpenFiles { get; set; }

    /// <summary>Also finds the processes that map the files, or hold them open.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    public SwitchParameter MappedBy { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _progress = new WorkProgress(this, "Measuring the page cache of files");
        _meter = new FileCacheMeter(Procfs, new FileCacheQuery
        {
            Recurse = Recurse,
            NameFilter = NameFilter,
            IncludeUsers = MappedBy,
            Run = CreateRunOptions(),
            OnFailure = WriteFailure,
            OnSkippedMount = AddSkippedMount,
            OnProcessesRead = Report,
        });
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        CountProgress processes = new(count => _progress.Show(() => $"{count} processes"));
        if (OpenFiles)
        {
            Write(_meter.MeasureOpenFiles(processes, CancellationToken));
            return;
        }

        foreach (string path in ResolvePaths())
        {
            Write(_meter.Measure(path, processes, CancellationToken));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        _progress.Complete();
        base.EndProcessing();
    }

    private void Write(IEnumerable<FileCacheInfo> files)
    {
        foreach (FileCacheInfo file in Guard(files))
        {
            _fileCount++;
            _progress.Show(() => $"{_fileCount} files");
            WriteObject(file);
        }
    }

    private void Report(FileUserLimits limits)
    {
        UnnamedProcesses unnamed = new(this);
        unnamed.Report(limits.Failures);
        unnamed.Complete();
        if (limits.UnopenedFiles > 0)
        {
            WriteVerbose($"{limits.UnopenedFiles} files were not opened: their file systems may have a server that does not answer, or have no page cache.");
        }

        if (limits.UnreadableProcesses + limits.UnexaminedMappings + limits.HiddenFiles > 0)
        {
            WriteWarning($"Not visible to this user: the files of processes ({limits.UnreadableProcesses}), mapped files ({limits.UnexaminedMappings}), and the page cache of open files ({limits.HiddenFiles}). "
                + "This needs CAP_SYS_PTRACE, CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN in the initial user namespace, and CAP_FOWNER. -Verbose names the processes.");
        }
    }
}
