using System.Management.Automation;
using PagemapTools.Completion;

namespace PagemapTools.Commands;

/// <summary>Gets the pages of files that are in the page cache, with their page frames.</summary>
[Cmdlet(VerbsCommon.Get, "FilePageMap", DefaultParameterSetName = PathSet)]
[OutputType(typeof(FilePageInfo))]
public sealed class GetFilePageMapCommand : FileTreeCommand, IFlagFilterParameters
{
    private FilePageQuery _query = null!;

    /// <summary>The properties to read for each page: flags, map count, cgroup.</summary>
    [Parameter]
    [VisibleArgument(typeof(FrameProperties[]))]
    public FrameProperties[] Include { get; set => field = value ?? []; } = [FrameProperties.Flags, FrameProperties.MapCount];

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

    /// <summary>Only pages charged to these cgroups, specified by the path or the inode of their directory.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(CgroupCompleter))]
    public string[] Cgroup { get; set => field = value ?? []; } = [];

    /// <summary>Shows kernel-internal flags too, and overloaded flags under their own names.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _query = new FilePageQuery
        {
            Include = Include.Aggregate(FrameProperties.None, (all, field) => all | field),
            Frames = new FrameFilter { Flags = this.ToFilter(), Cgroups = this.ResolveCgroups(Cgroup, Procfs) },
            RawFlags = Raw,
            OnWarning = Warn,
            Files = new FileTreeQuery { Recurse = Recurse, Run = CreateRunOptions(), NameFilter = NameFilter, OnFailure = WriteFailure, OnSkippedMount = AddSkippedMount },
        };
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        WorkProgress progress = new(this, "Reading the pages of files");
        foreach (string path in ResolvePaths())
        {
            foreach (FilePageInfo page in Guard(Procfs.ReadFilePageMap(path, _query, CancellationToken)))
            {
                progress.Show(() => page.Path);
                WriteObject(page);
            }
        }

        progress.Complete();
    }
}
