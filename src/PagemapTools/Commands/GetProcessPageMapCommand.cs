using System.Management.Automation;
using PagemapTools.Completion;
using PagemapTools.Procfs;

namespace PagemapTools.Commands;

/// <summary>Gets the pages of processes: their frames, states and, on request, flags, counts and cgroups.</summary>
[Cmdlet(VerbsCommon.Get, "ProcessPageMap", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ProcessPageInfo), typeof(ProcessPageRange))]
public sealed class GetProcessPageMapCommand : ProcessObjectTargetCommand, IFlagFilterParameters
{
    private KPageFiles? _files;
    private ProcessPageQuery? _query;
    private SwapTypes? _swapTypes;

    /// <summary>The names of the processes; wildcards are taken.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [Alias("ProcessName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Addresses, or ranges of them like 0x7f00-0x7fff whose end is not included, as in maps.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(AddressCompleter))]
    public AddressRange[] Address { get; set => field = value ?? []; } = [];

    /// <summary>Mappings, by their path or the kernel's name for them, such as [heap]; wildcards are taken.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MappingCompleter))]
    public string[] Mapping { get; set => field = value ?? []; } = [];

    /// <summary>The states that a page may have.</summary>
    [Parameter]
    public PageState[] State { get; set => field = value ?? []; } = [];

    /// <summary>Only pages written since soft-dirty was last cleared.</summary>
    [Parameter]
    public SwitchParameter SoftDirty { get; set; }

    /// <summary>Only pages that are present and mapped nowhere else.</summary>
    [Parameter]
    public SwitchParameter Exclusive { get; set; }

    /// <summary>Only pages that are present and not exclusive.</summary>
    [Parameter]
    public SwitchParameter Shared { get; set; }

    /// <summary>Also the pages that hold nothing.</summary>
    [Parameter]
    public SwitchParameter IncludeUnpopulated { get; set; }

    /// <summary>What to read of each frame: flags, how often it is mapped, its cgroup.</summary>
    [Parameter]
    public KPageFields[] Include { get; set => field = value ?? []; } = [];

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

    /// <summary>Joins pages that follow one another and are alike into ranges.</summary>
    [Parameter]
    public SwitchParameter AsRange { get; set; }

    /// <summary>Looks up unpopulated pages of shared memory in the page cache and in swap.</summary>
    [Parameter]
    public SwitchParameter ResolveShared { get; set; }

    bool IFlagFilterParameters.IsRaw => Raw;

    private protected override string[] Names => Name;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (SoftDirty && Procfs.SoftDirty.Obstacle() is { } obstacle)
        {
            ThrowTerminatingError(obstacle.ToRecord());
        }

        if (Exclusive && Shared)
        {
            ThrowTerminatingError(PagemapErrors.ExclusiveAndShared());
        }

        _files = new KPageFiles(Root);
        _swapTypes = SwapTypes.Read(Root);
        KPageFields include = Include.Aggregate(KPageFields.None, (all, field) => all | field);
        _query = new ProcessPageQuery
        {
            Walk = new PageWalkOptions { Mappings = MappingPatterns.ToFilter(Mapping), Addresses = Address },
            Entries = new EntryFilter(State, SoftDirty ? true : null, Exclusive ? true : Shared ? false : null, IncludeUnpopulated),
            Frames = new FrameFilter { Flags = this.ToFilter() },
            Include = include,
            RawFlags = Raw,
            ResolveShared = ResolveShared || State.Any(state => state is PageState.NotMapped or PageState.SwappedShared),
        };
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (int id in Targets())
        {
            if (TryRead(() => ProcessMemory.Open(Root, id, _swapTypes), out ProcessMemory process))
            {
                using (process)
                {
                    WritePages(process);
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _files?.Dispose();
        base.Dispose(disposing);
    }

    private void WritePages(ProcessMemory process)
    {
        using ProcessPageReader reader = new(process, _files!, _query!);
        RangeMerger? ranges = AsRange ? new RangeMerger(_query!.Frames.Flags!, _query.Fields) : null;
        Func<PageBatch, int, PageInfo> create = reader.Create;
        WorkProgress progress = WorkProgress.OfProcess(this, process);
        while (TryRead(() => reader.MoveNext(Stop), out bool hasPages) && hasPages)
        {
            progress.ShowAddress(reader.Position);
            Warn(reader);
            for (int row = 0; row < reader.Batch.Count; row++)
            {
                if (ranges is null)
                {
                    WriteObject(create(reader.Batch, row));
                }
                else if (ranges.Append(reader.Batch, row, create) is { } range)
                {
                    WriteObject(range);
                }
            }
        }

        if (ranges?.Finish() is { } last)
        {
            WriteObject(last);
        }

        progress.Complete();
    }

    private void Warn(ProcessPageReader reader)
    {
        if (reader.MetHiddenFrame)
        {
            WarnHiddenFrames();
        }

        if (reader.MetUnresolvedShared)
        {
            WarnOnce("Shared memory could not be resolved: /proc/PID/map_files needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN in the initial user namespace, "
                + "and files of other users CAP_FOWNER.");
        }
    }
}
