using System.Diagnostics;
using System.Management.Automation;
using PagemapTools.Completion;

namespace PagemapTools.Commands;

/// <summary>Counts the pages with each combination of flags, as page-types does: of all memory, processes, a saved file, or piped pages.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "KPageFlags", DefaultParameterSetName = AllSet)]
[OutputType(typeof(KPageFlagsSummary), typeof(KPageKindSummary), typeof(KPageNodeSummary))]
public sealed class MeasureKPageFlagsCommand : ProcessTargetCommand, IFlagFilterParameters
{
    private const string AllSet = "All";
    private const string PathSet = "Path";
    private const string ProcessSet = "Process";
    private const string RangeSet = "Range";

    private KPageFlagsMeter? _meter;

    /// <summary>The names of the processes; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [Alias("ProcessName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ValidateWildcards]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The processes, as Get-Process returns them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ProcessSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    [VisibleArgument(typeof(Process[]))]
    public Process[] Process { get; set; } = [];

    /// <summary>Pages from another cmdlet of this module.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    [VisibleArgument(typeof(PageInfo))]
    public PageInfo? InputObject { get; set; }

    /// <summary>Ranges of pages, as -AsRange returns them. The cmdlet reads the current flags of their page frames.</summary>
    [Parameter(Mandatory = true, ParameterSetName = RangeSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    [VisibleArgument(typeof(PageRange))]
    public PageRange? Range { get; set; }

    /// <summary>A saved copy of kpageflags.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <inheritdoc/>
    [Parameter]
    [VisibleArgument(typeof(KPageFlags[]))]
    public KPageFlags[] Flag { get; set => field = value ?? []; } = [];

    /// <inheritdoc/>
    [Parameter]
    [VisibleArgument(typeof(KPageFlags[]))]
    public KPageFlags[] AnyFlag { get; set => field = value ?? []; } = [];

    /// <inheritdoc/>
    [Parameter]
    [VisibleArgument(typeof(KPageFlags[]))]
    public KPageFlags[] NotFlag { get; set => field = value ?? []; } = [];

    /// <inheritdoc/>
    [Parameter]
    [ArgumentCompleter(typeof(BitSpecCompleter))]
    [VisibleConversion(typeof(BitSpec[]))]
    public BitSpec[] BitSpec { get; set => field = value ?? []; } = [];

    /// <summary>Shows kernel-internal flags too, and overloaded flags under their own names.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>Counts page frames by what they are used for, instead of by their flags.</summary>
    [Parameter(ParameterSetName = AllSet)]
    [Parameter(ParameterSetName = PathSet)]
    public SwitchParameter ByKind { get; set; }

    /// <summary>Counts the page frames of each NUMA node by what they are used for.</summary>
    [Parameter(ParameterSetName = AllSet)]
    public SwitchParameter ByNode { get; set; }

    private protected override string[] Names => Name;

    private protected override Process[] Processes => Process;

    private protected override string? SavedFlagsPath => ParameterSetName == PathSet ? GetUnresolvedProviderPathFromPSPath(Path) : null;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (ByKind && ByNode)
        {
            ThrowTerminatingError(PagemapErrors.ByKindAndByNode());
        }

        TryRead(() => new KPageFlagsMeter(Procfs, this.ToFilter(), Raw, Warn), out _meter);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case InputObjectSet:
                TryRead(() => _meter!.Add(InputObject!, CancellationToken));
                break;
            case RangeSet:
                TryRead(() => _meter!.Add(Range!, CancellationToken));
                break;
            case AllSet or PathSet when ByKind:
                WriteAll(progress => Procfs.MeasureKPageKinds(this.ToFilter(), progress, CancellationToken));
                break;
            case AllSet when ByNode:
                WriteAll(progress => Procfs.MeasureKPageNodes(this.ToFilter(), progress, CancellationToken));
                break;
            case AllSet or PathSet:
                CountAll(progress => _meter!.AddAll(progress, CancellationToken));
                break;
            default:
                CountProcesses();
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (!ByKind && !ByNode && TryRead(_meter!.GetSummaries, out IReadOnlyList<KPageFlagsSummary> summaries))
        {
            WriteObject(summaries, enumerateCollection: true);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _meter?.Dispose();
        base.Dispose(disposing);
    }

    private void CountAll(Action<WorkProgress> count)
    {
        WorkProgress progress = WorkProgress.ForFrames(this, "Counting page frames");
        Task counting = Task.Run(() => count(progress));
        TryRead(() => progress.PollUntilDone(counting));
        progress.Complete();
    }

    private void WriteAll<T>(Func<WorkProgress, IReadOnlyList<T>> measure)
    {
        IReadOnlyList<T> summaries = [];
        CountAll(progress => summaries = measure(progress));
        WriteObject(summaries, enumerateCollection: true);
    }

    private void CountProcesses()
    {
        foreach (int id in ResolveTargets())
        {
            WorkProgress progress = WorkProgress.ForProcess(this, id);
            TryRead(() => _meter!.Add(id, progress, CreateRunOptions(progress), CancellationToken));
            progress.Complete();
        }
    }
}
