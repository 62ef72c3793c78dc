using System.Management.Automation;
using PagemapTools.Completion;

namespace PagemapTools.Commands;

/// <summary>Gets the pages of processes: their page frames, states and, on request, flags, map counts and cgroups.</summary>
[Cmdlet(VerbsCommon.Get, "ProcessPageMap", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ProcessPageInfo), typeof(ProcessPageRange))]
public sealed class GetProcessPageMapCommand : SelectedProcessCommand, IFlagFilterParameters
{
    private ProcessPageQuery? _query;
    private MappingFilter? _mappings;

    /// <summary>Addresses, or ranges such as 0x7f00-0x7fff; the end is excluded, as in maps.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(AddressCompleter))]
    [VisibleConversion(typeof(AddressRange[]))]
    public AddressRange[] Address { get; set => field = value ?? []; } = [];

    /// <summary>Mappings, by path, by the name of the file, or by the kernel's name, such as [heap]; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateWildcards(MatchMappings = true)]
    [ArgumentCompleter(typeof(MappingCompleter))]
    public string[] Mapping { get; set => field = value ?? []; } = [];

    /// <summary>The mappings with exactly these names, as the property Name of the mapping has them.</summary>
    [Parameter]
    public string[] LiteralMapping { get; set => field = value ?? []; } = [];

    /// <summary>The states that a page may have.</summary>
    [Parameter]
    [VisibleArgument(typeof(PageState[]))]
    public PageState[] State { get; set => field = value ?? []; } = [];

    /// <summary>Only pages that the process wrote after its soft-dirty bits were last cleared.</summary>
    [Parameter]
    public SwitchParameter SoftDirty { get; set; }

    /// <summary>Only present pages that are mapped exactly once.</summary>
    [Parameter]
    public SwitchParameter Exclusive { get; set; }

    /// <summary>Only present pages that are not exclusive.</summary>
    [Parameter]
    public SwitchParameter Shared { get; set; }

    /// <summary>Includes unpopulated pages.</summary>
    [Parameter]
    public SwitchParameter IncludeUnpopulated { get; set; }

    /// <summary>The properties to read for each page frame: flags, map count, cgroup.</summary>
    [Parameter]
    [VisibleArgument(typeof(FrameProperties[]))]
    public FrameProperties[] Include { get; set => field = value ?? []; } = [];

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

    /// <summary>Joins consecutive pages with equal properties into ranges.</summary>
    [Parameter]
    public SwitchParameter AsRange { get; set; }

    /// <summary>Joins pages into ranges without comparing page frame numbers and swap offsets.</summary>
    [Parameter]
    public SwitchParameter IgnorePfn { get; set; }

    /// <summary>Finds unpopulated pages of shared memory in the page cache and in swap.</summary>
    [Parameter]
    public SwitchParameter ResolveShared { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (SoftDirty && Procfs.SoftDirty.GetUnsupportedError() is { } error)
        {
            ThrowTerminatingError(error.ToRecord());
        }

        if (Exclusive && Shared)
        {
            ThrowTerminatingError(PagemapErrors.ExclusiveAndShared());
        }

        _mappings = MappingFilter.Create(Mapping, LiteralMapping);
        _query = new ProcessPageQuery
        {
            Walk = new PageWalkOptions { Mappings = _mappings is null ? null : _mappings.IsMatch, Addresses = Address },
            Entries = new EntryFilter
            {
                States = State,
                IsSoftDirty = SoftDirty ? true : null,
                IsExclusive = Exclusive ? true : Shared ? false : null,
                IncludeUnpopulated = IncludeUnpopulated,
            },
            Frames = new FrameFilter { Flags = this.ToFilter() },
            Include = Include.Aggregate(FrameProperties.None, (all, field) => all | field),
            RawFlags = Raw,
            ResolveShared = ResolveShared || State.Any(state => state is PageState.NotMapped or PageState.SwappedShared),
            OnWarning = Warn,
        };
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (int id in ResolveTargets())
        {
            Write(id);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => WarnOfUnmatched(_mappings);

    private void Write(int id)
    {
        WorkProgress progress = WorkProgress.ForProcess(this, id);
        foreach (FrameInfo item in Guard(TargetRun.ReadSequence(Root, id, token => Read(id, progress, token), CreateRunOptions(progress), CancellationToken)))
        {
            WriteObject(item);
        }

        progress.Complete();
    }

    private IEnumerable<FrameInfo> Read(int id, WorkProgress progress, CancellationToken cancellationToken)
    {
        IEnumerable<ProcessPageInfo> pages = Procfs.ReadPages(id, _query, progress, cancellationToken);
        return AsRange || IgnorePfn ? pages.AsRanges(IgnorePfn) : pages;
    }
}
