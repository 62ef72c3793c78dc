using System.Management.Automation;
using PagemapTools.Completion;

namespace PagemapTools.Commands;

/// <summary>Gets the memory cgroups that page frames are charged to (/proc/kpagecgroup).</summary>
[Cmdlet(VerbsCommon.Get, "KPageCgroup", DefaultParameterSetName = PfnSet)]
[OutputType(typeof(PageInfo), typeof(ProcessPageInfo))]
public sealed class GetKPageCgroupCommand : KPageCommand
{
    /// <summary>Only page frames charged to these cgroups, specified by the path or the inode of their directory.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(CgroupCompleter))]
    public string[] Cgroup { get; set => field = value ?? []; } = [];

    private protected override FrameProperties Field => FrameProperties.Cgroup;

    private protected override FrameQuery CreateQuery() => new()
    {
        Include = Field,
        OnWarning = Warn,
        Frames = new FrameFilter { Cgroups = this.ResolveCgroups(Cgroup, Procfs) },
    };
}
