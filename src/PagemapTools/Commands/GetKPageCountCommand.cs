using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Gets how many times page frames are mapped (/proc/kpagecount).</summary>
[Cmdlet(VerbsCommon.Get, "KPageCount", DefaultParameterSetName = PfnSet)]
[OutputType(typeof(PageInfo), typeof(ProcessPageInfo))]
public sealed class GetKPageCountCommand : KPageCommand
{
    /// <summary>Only page frames with this map count or more.</summary>
    [Parameter]
    [VisibleArgument(typeof(ulong))]
    public ulong Minimum { get; set; }

    /// <summary>Only page frames with this map count or less.</summary>
    [Parameter]
    [VisibleArgument(typeof(ulong))]
    public ulong Maximum { get; set; } = ulong.MaxValue;

    private protected override FrameProperties Field => FrameProperties.MapCount;

    private protected override FrameQuery CreateQuery() => new()
    {
        Include = Field,
        OnWarning = Warn,
        Frames = new FrameFilter
        {
            MinMapCount = MyInvocation.BoundParameters.ContainsKey(nameof(Minimum)) ? Minimum : null,
            MaxMapCount = MyInvocation.BoundParameters.ContainsKey(nameof(Maximum)) ? Maximum : null,
        },
    };
}
