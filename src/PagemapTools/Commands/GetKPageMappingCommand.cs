using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Gets the processes that map page frames, and at which addresses.</summary>
[Cmdlet(VerbsCommon.Get, "KPageMapping", DefaultParameterSetName = PfnSet)]
[OutputType(typeof(FrameMapping), typeof(PageUseInfo))]
public sealed class GetKPageMappingCommand : FrameTargetCommand
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    private readonly List<FrameRange> _frames = [];
    private bool _hasInput;

    /// <summary>Files, whose pages in the page cache are the page frames; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Files by their exact paths.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The properties to read for each page frame: flags, map count, cgroup.</summary>
    [Parameter]
    [VisibleArgument(typeof(FrameProperties[]))]
    public FrameProperties[] Include { get; set => field = value ?? []; } = [];

    /// <summary>Shows kernel-internal flags too, and overloaded flags under their own names.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>Returns the mappings of the zero page.</summary>
    [Parameter]
    public SwitchParameter IncludeZeroPage { get; set; }

    /// <summary>The seconds after which a process or file system that does not answer is an error. A large one that takes long is none.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    [VisibleArgument(typeof(int))]
    public int TimeoutSec { get; set; } = (int)TargetRunOptions.DefaultTimeout.TotalSeconds;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case InputObjectSet:
                Add(InputObject!);
                break;
            case PathSet or LiteralPathSet:
                _hasInput = true;
                foreach (string file in ResolveFiles())
                {
                    AddFile(file);
                }

                break;
            default:
                foreach (ulong pfn in FrameNumbers)
                {
                    Add(pfn, (ulong)Count);
                }

                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (!_hasInput && !MyInvocation.ExpectingInput && !MyInvocation.BoundParameters.ContainsKey(nameof(Pfn)))
        {
            ThrowTerminatingError(PagemapErrors.NoPageFrames(hasPath: true));
        }

        WorkProgress progress = WorkProgress.ForProcesses(this, "Finding the mappings of page frames");
        FrameMappingQuery query = new()
        {
            Include = Include.Aggregate(FrameProperties.None, (all, field) => all | field),
            RawFlags = Raw,
            IncludeZeroPage = IncludeZeroPage,
            Timeout = TimeSpan.FromSeconds(TimeoutSec),
            OnCompleted = Report,
        };
        foreach (PageInfo page in Guard(Procfs.FindMappings(_frames, query, progress, CancellationToken)))
        {
            WriteObject(page);
        }

        progress.Complete();
    }

    private void Add(PageInfo page)
    {
        _hasInput = true;
        if (page.Pfn is { } pfn)
        {
            Add(pfn, 1);
        }
        else if (page is ProcessPageInfo { State: PageState.Present })
        {
            Warn(ReadWarnings.HiddenPageFrames);
        }
    }

    /// <summary>Adds page frames. Neighbours that follow one another become one range.</summary>
    private void Add(ulong pfn, ulong count)
    {
        _hasInput = true;
        if (count == 1 && _frames.Count > 0 && _frames[^1] is { Count: < uint.MaxValue } last && last.First + last.Count == pfn)
        {
            _frames[^1] = last with { Count = last.Count + 1 };
        }
        else
        {
            _frames.Add(new FrameRange(pfn, count));
        }
    }

    private void AddFile(string file)
    {
        try
        {
            foreach (FilePage page in Procfs.ReadFilePages(file, new TargetRunOptions { Timeout = TimeSpan.FromSeconds(TimeoutSec) }, CancellationToken))
            {
                Add(page.Pfn, 1);
            }
        }
        catch (ProcfsException failure) when (failure.Error != ProcfsError.PageFramesHidden)
        {
            WriteFailure(failure);
        }
        catch (ProcfsException failure)
        {
            Report(failure);
        }
        catch (OperationCanceledException) when (CancellationToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    private IEnumerable<string> ResolveFiles() => ParameterSetName == LiteralPathSet
        ? LiteralPath.Select(GetUnresolvedProviderPathFromPSPath)
        : this.ResolveFiles(Path);

    private void Report(FrameMappingSummary summary)
    {
        UnnamedProcesses unnamed = new(this);
        unnamed.Report(summary.Failures);
        unnamed.Complete(isAnyRead: summary.ProcessCount > 0);
        if (summary.MissingMappingCount > 0)
        {
            WriteWarning(
                $"Of {summary.IncompleteFrameCount} page frames, {summary.MissingMappingCount} mappings were not found: the kernel counted more before the search. "
                + "Processes may have exited since, or may not be in this proc tree. "
                + $"Processes that could not be read: {summary.Failures.Count}{(summary.Failures.Count > 0 ? "; -Verbose names them" : string.Empty)}.");
        }
    }
}
