using System.Management.Automation;
using PagemapTools.Completion;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Commands;

/// <summary>Gets the pages of processes: their frames, states and, on request, flags, counts and cgroups.</summary>
[Cmdlet(VerbsCommon.Get, "ProcessPageMap", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ProcessPageInfo), typeof(ProcessPageRange))]
public sealed class GetProcessPageMapCommand : ProcessObjectTargetCommand, IFlagFilterParameters
{
    private ProcessPageQuery? _query;

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
    public FrameProperties[] Include { get; set => field = value ?? []; } = [];

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

    /// <summary>Joins pages into ranges whatever page frames and swap offsets they have.</summary>
    [Parameter]
    public SwitchParameter IgnorePfn { get; set; }

    /// <summary>Looks up unpopulated pages of shared memory in the page cache and in swap.</summary>
    [Parameter]
    public SwitchParameter ResolveShared { get; set; }

    private protected override string[] Names => Name;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (SoftDirty && Procfs.SoftDirty.GetUnsupportedError() is { } error)
        {
            ThrowTerminatingError(error.ToRecord(Procfs.KernelRelease));
        }

        if (Exclusive && Shared)
        {
            ThrowTerminatingError(PagemapErrors.ExclusiveAndShared());
        }

        _query = new ProcessPageQuery
        {
            Walk = new PageWalkOptions { Mappings = MappingPatterns.ToFilter(Mapping), Addresses = Address },
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
        foreach (int id in Targets())
        {
            if (TryRead(() => Procfs.OpenProcess(id), out ProcessAddressSpace process))
            {
                using (process)
                {
                    Write(process);
                }
            }
        }
    }

    private void Write(ProcessAddressSpace process)
    {
        WorkProgress progress = WorkProgress.ForProcess(this, process);
        IEnumerable<ProcessPageInfo> pages = Procfs.ReadPages(process, _query, progress, CancellationToken);
        foreach (FrameInfo item in Guard<FrameInfo>(AsRange || IgnorePfn ? pages.AsRanges(IgnorePfn) : pages))
        {
            WriteObject(item);
        }

        progress.Complete();
    }
}
