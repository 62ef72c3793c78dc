using System.Management.Automation;
using PagemapTools.Completion;

namespace PagemapTools.Commands;

/// <summary>Gets what page frames are used for (/proc/kpageflags).</summary>
[Cmdlet(VerbsCommon.Get, "KPageFlags", DefaultParameterSetName = PfnSet)]
[OutputType(typeof(PageInfo), typeof(ProcessPageInfo), typeof(PageRange))]
public sealed class GetKPageFlagsCommand : KPageCommand, IFlagFilterParameters
{
    private PageRangeBuilder? _ranges;

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

    /// <summary>Only page frames charged to these cgroups, specified by the path or the inode of their directory.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(CgroupCompleter))]
    public string[] Cgroup { get; set => field = value ?? []; } = [];

    /// <summary>Other properties to read for each page frame: map count, cgroup, node.</summary>
    [Parameter]
    [VisibleArgument(typeof(FrameProperties[]))]
    public FrameProperties[] Include { get; set => field = value ?? []; } = [];

    /// <summary>Joins consecutive page frames with equal properties into ranges.</summary>
    [Parameter(ParameterSetName = PfnSet)]
    [Parameter(ParameterSetName = PhysicalAddressSet)]
    public SwitchParameter AsRange { get; set; }

    /// <summary>Shows kernel-internal flags too, and overloaded flags under their own names.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>A saved copy of kpageflags, which is read instead of the machine's.</summary>
    [Parameter(ParameterSetName = PfnSet)]
    [Parameter(ParameterSetName = PhysicalAddressSet)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    private protected override FrameProperties Field => FrameProperties.Flags;

    private protected override string? SavedFlagsPath => Path is null ? null : GetUnresolvedProviderPathFromPSPath(Path);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        base.EndProcessing();
        if (_ranges?.Complete() is { } last)
        {
            WriteObject(last);
        }
    }

    private protected override FrameQuery CreateQuery()
    {
        FrameProperties include = Include.Aggregate(Field, (all, field) => all | field);
        if (Path is not null && (Cgroup.Length > 0 || (include & (FrameProperties.MapCount | FrameProperties.Cgroup)) != 0))
        {
            ThrowTerminatingError(PagemapErrors.PathWithCgroup());
        }

        _ranges = AsRange ? new PageRangeBuilder() : null;
        return new FrameQuery
        {
            Include = include,
            Frames = new FrameFilter { Flags = this.ToFilter(), Cgroups = this.ResolveCgroups(Cgroup, Procfs) },
            RawFlags = Raw,
            OnWarning = Warn,
        };
    }

    private protected override IEnumerable<FrameInfo> Transform(IEnumerable<PageInfo> pages) => _ranges?.Add(pages) ?? base.Transform(pages);
}
