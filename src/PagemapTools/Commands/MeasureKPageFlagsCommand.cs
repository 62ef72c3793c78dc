using System.Diagnostics;
using System.Management.Automation;
using PagemapTools.Completion;
using PagemapTools.Procfs;

namespace PagemapTools.Commands;

/// <summary>Measures how many pages have each combination of flags, as page-types does: of all memory, of processes, of a saved file, or of piped pages.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "KPageFlags", DefaultParameterSetName = AllSet)]
[OutputType(typeof(KPageFlagsSummary))]
public sealed class MeasureKPageFlagsCommand : ProcessTargetCommand, IFlagFilterParameters
{
    private const string AllSet = "All";
    private const string PathSet = "Path";
    private const string ProcessSet = "Process";
    private const string RangeSet = "Range";

    private KPageFiles? _files;
    private SwapTypes? _swapTypes;
    private KPageFlagsHistogram? _histogram;
    private GatheredFrames? _gathered;

    /// <summary>The names of the processes; wildcards are taken.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [Alias("ProcessName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The processes, as Get-Process gives them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ProcessSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    public Process[] Process { get; set; } = [];

    /// <summary>Pages from another cmdlet of this module.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    public PageInfo? InputObject { get; set; }

    /// <summary>Ranges of pages, as -AsRange gives them. The flags are those that their frames have now.</summary>
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

    /// <summary>Shows kernel-internal flags, and overloaded ones under their own names.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    bool IFlagFilterParameters.IsRaw => Raw;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _files = new KPageFiles(Root, ParameterSetName == PathSet ? GetUnresolvedProviderPathFromPSPath(Path) : null);
        _histogram = new KPageFlagsHistogram(this.ToFilter());
        TryRead(() => _files.Of(KPageFields.Flags), out PageEntryFile kpageflags);
        _gathered = new GatheredFrames(kpageflags, _files.Blind, _histogram);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case InputObjectSet:
                CountPage(InputObject!);
                break;
            case RangeSet:
                CountFrames(Range!.First, Range.PageCount);
                break;
            case ProcessSet:
                CountProcesses(IdsOf(Process));
                break;
            case IdSet:
                CountProcesses(Id);
                break;
            case NameSet:
                CountProcesses(IdsOf(Name));
                break;
            default:
                CountAll();
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        TryRead(_gathered!.Count);
        if (_gathered.MetBlind)
        {
            WarnBlindFrames();
        }

        WriteObject(_histogram!.Summaries(), enumerateCollection: true);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _gathered?.Dispose();
        _files?.Dispose();
        base.Dispose(disposing);
    }

    private void CountAll()
    {
        PageEntryFile file = _files!.Of(KPageFields.Flags);
        WorkProgress progress = new(this, "Counting page frames by their flags");
        ulong position = 0;
        Task counting = Task.Run(() => _histogram!.AddAll(file, Environment.ProcessorCount, frames => Volatile.Write(ref position, frames), Stop));
        TryRead(() => WorkProgress.Await(counting, () => progress.Show(() => $"at frame 0x{Volatile.Read(ref position):x}")));
        progress.Complete();
    }

    private void CountPage(PageInfo page)
    {
        if (page.RawFlags is { } known)
        {
            _histogram!.Add(known, page.Entry);
        }
        else
        {
            CountFrames(page, 1);
        }
    }

    private void CountFrames(PageInfo first, long pages)
    {
        TryRead(() => _gathered!.Add(first, pages, Stop));
        if (first.IsFrameHidden)
        {
            WarnHiddenFrames();
        }
    }

    private void CountProcesses(IEnumerable<int> ids)
    {
        _swapTypes ??= SwapTypes.Read(Root);
        foreach (int id in Once(ids))
        {
            if (TryRead(() => ProcessMemory.Open(Root, id, _swapTypes), out ProcessMemory process))
            {
                using (process)
                {
                    CountPages(process);
                }
            }
        }
    }

    private void CountPages(ProcessMemory process)
    {
        using ProcessPageReader reader = new(process, _files!, new ProcessPageQuery { Include = KPageFields.Flags });
        WorkProgress progress = WorkProgress.OfProcess(this, process);
        while (TryRead(() => reader.MoveNext(Stop), out bool hasPages) && hasPages)
        {
            progress.ShowAddress(reader.Position);
            for (int row = 0; row < reader.Batch.Count; row++)
            {
                PagemapEntry entry = reader.Batch.Entry(row);
                ulong word = entry.IsPresent ? reader.Batch.Word(KPageFields.Flags, row) : 0;
                if (word != PfnRuns.Unknown)
                {
                    _histogram!.Add(word, entry);
                }
                else if (entry.Pfn is not null)
                {
                    WarnBlindFrames();
                }
            }
        }

        progress.Complete();
        if (reader.MetHiddenFrame)
        {
            WarnHiddenFrames();
        }
    }

    private void WarnBlindFrames() => WarnOnce(
        "Pages in memory that the kernel has not taken into its map are not counted: /proc/kpageflags says nothing of them.");
}
