using System.Diagnostics;
using System.Management.Automation;
using PagemapTools.Completion;

namespace PagemapTools.Commands;

/// <summary>Counts the pages with each combination of flags, as page-types does: of all memory, processes, a saved file, or piped pages.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "KPageFlags", DefaultParameterSetName = AllSet)]
[OutputType(typeof(KPageFlagsSummary))]
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
    public Process[] Process { get; set; } = [];

    /// <summary>Pages from another cmdlet of this module.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    public PageInfo? InputObject { get; set; }

    /// <summary>Ranges of pages, as -AsRange returns them. The cmdlet reads the current flags of their page frames.</summary>
    [Parameter(Mandatory = true, ParameterSetName = RangeSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    public PageRange? Range { get; set; }

    /// <summary>A saved copy of kpageflags.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <inheritdoc/>
    [Parameter]
    public KPageFlags[] Flag { get; set => field = value ?? []; } = [];

    /// <inheritdoc/>
    [Parameter]
    public KPageFlags[] AnyFlag { get; set => field = value ?? []; } = [];

    /// <inheritdoc/>
    [Parameter]
    public KPageFlags[] NotFlag { get; set => field = value ?? []; } = [];

    /// <inheritdoc/>
    [Parameter]
    [ArgumentCompleter(typeof(BitSpecCompleter))]
    public BitSpec[] BitSpec { get; set => field = value ?? []; } = [];

    /// <summary>Shows kernel-internal flags too, and overloaded flags under their own names.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    private protected override string[] Names => Name;

    private protected override Process[] Processes => Process;

    private protected override string? SavedFlagsPath => ParameterSetName == PathSet ? GetUnresolvedProviderPathFromPSPath(Path) : null;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
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
            case AllSet or PathSet:
                CountAll();
                break;
            default:
                CountProcesses();
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (TryRead(_meter!.GetSummaries, out IReadOnlyList<KPageFlagsSummary> summaries))
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

    private void CountAll()
    {
        WorkProgress progress = WorkProgress.ForFrames(this, "Counting page frames by their flags");
        Task counting = Task.Run(() => _meter!.AddAll(progress, CancellationToken));
        TryRead(() => progress.PollUntilDone(counting));
        progress.Complete();
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
