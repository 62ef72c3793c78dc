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

    private KPageFiles? _files;
    private SwapTypes? _swapTypes;
    private KPageFlagsHistogram? _histogram;

    /// <summary>The names of the processes; wildcards are taken.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NameSet)]
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

    /// <summary>A saved copy of kpageflags.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <inheritdoc/>
    [Parameter]
    public KPageFlags[] Flag { get; set; } = [];

    /// <inheritdoc/>
    [Parameter]
    public KPageFlags[] AnyFlag { get; set; } = [];

    /// <inheritdoc/>
    [Parameter]
    public KPageFlags[] NotFlag { get; set; } = [];

    /// <inheritdoc/>
    [Parameter]
    public BitSpec[] BitSpec { get; set; } = [];

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
        TryRead(() => _files.Of(KPageFields.Flags), out _);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case InputObjectSet:
                CountPage(InputObject!);
                break;
            case ProcessSet:
                CountProcesses(Process.Select(process => process.Id));
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
    protected override void EndProcessing() => WriteObject(_histogram!.Summaries(), enumerateCollection: true);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _files?.Dispose();
        base.Dispose(disposing);
    }

    private void CountAll()
    {
        PageEntryFile file = _files!.Of(KPageFields.Flags);
        WorkProgress progress = new(this, "Counting page frames by their flags");
        ulong position = 0;
        Task counting = Task.Run(() => _histogram!.AddAll(file, Environment.ProcessorCount, frames => Volatile.Write(ref position, frames), Stop));
        while (!((IAsyncResult)counting).AsyncWaitHandle.WaitOne(TimeSpan.FromMilliseconds(250)))
        {
            progress.Show(() => $"at frame 0x{Volatile.Read(ref position):x}");
        }

        progress.Complete();
        TryRead(() => Finish(counting), out _);
    }

    private static bool Finish(Task counting)
    {
        counting.GetAwaiter().GetResult();
        return true;
    }

    private void CountPage(PageInfo page)
    {
        PagemapEntry entry = page is ProcessPageInfo processPage ? new PagemapEntry(processPage.RawEntry) : default;
        if (page.RawFlags is { } known)
        {
            _histogram!.Add(known, entry);
        }
        else if (page.Pfn is { } pfn && TryRead(() => ReadWord(pfn), out ulong? word) && word is { } read)
        {
            _histogram!.Add(read, entry);
        }
    }

    private ulong? ReadWord(ulong pfn)
    {
        Span<ulong> word = stackalloc ulong[1];
        return _files!.Of(KPageFields.Flags).Read(pfn, word) == 1 ? word[0] : null;
    }

    private void CountProcesses(IEnumerable<int> ids)
    {
        _swapTypes ??= SwapTypes.Read(Root);
        foreach (int id in ids)
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
            }
        }

        progress.Complete();
        if (reader.MetHiddenFrame)
        {
            WarnHiddenFrames();
        }
    }
}
