using System.Management.Automation;
using PagemapTools.Pictures;

namespace PagemapTools.Commands;

/// <summary>Draws the page frames of the machine as a map that fits the window: each cell is a run of page frames in the order of their numbers.</summary>
[Cmdlet(VerbsCommon.Show, "KPageMap")]
[OutputType(typeof(string), typeof(MapLine))]
public sealed class ShowKPageMapCommand : PagemapCommand, IMapParameters
{
    private readonly PageCellAges _ages = new();

    /// <summary>A range of page frames, such as 0x100000-0x140000; the end is excluded. The default is all of memory.</summary>
    [Parameter(Position = 0)]
    [VisibleConversion(typeof(FrameRange))]
    public FrameRange Pfn { get; set; } = FrameRange.All;

    /// <inheritdoc/>
    [Parameter]
    [ValidateSet(nameof(PageCellKey.Kind), nameof(PageCellKey.Flag), nameof(PageCellKey.MapCount), nameof(PageCellKey.Cgroup), nameof(PageCellKey.Node), nameof(PageCellKey.Age))]
    [VisibleArgument(typeof(PageCellKey))]
    public PageCellKey By { get; set; } = PageCellKey.Kind;

    /// <inheritdoc/>
    [Parameter]
    [VisibleArgument(typeof(KPageFlags[]))]
    public KPageFlags[] Flag { get; set => field = value ?? []; } = [];

    /// <inheritdoc/>
    [Parameter]
    [ValidateRange(40, 1000)]
    [VisibleArgument(typeof(int))]
    public int Width { get; set; }

    /// <inheritdoc/>
    [Parameter]
    [ValidateRange(8, 1000)]
    [VisibleArgument(typeof(int))]
    public int Height { get; set; }

    /// <summary>Draws again and again until Ctrl+C, in place on a terminal.</summary>
    [Parameter]
    public SwitchParameter Watch { get; set; }

    /// <inheritdoc/>
    [Parameter]
    [ValidateRange(0.05, 1_000_000)]
    [VisibleArgument(typeof(double))]
    public double SampleInterval { get; set; } = 0.5;

    /// <inheritdoc/>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    [VisibleArgument(typeof(long))]
    public long MaxSamples { get; set; } = long.MaxValue;

    /// <inheritdoc/>
    bool IMapParameters.IsWatching => Watch || By == PageCellKey.Age || MaxSamples != long.MaxValue;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        MapScreen screen = new(this, this);
        foreach (DateTime _ in Guard(screen.WaitForSamples(CancellationToken)))
        {
            Canvas canvas = screen.GetCanvas();
            MapPicture picture = new(canvas);
            PageCellQuery query = new() { By = By, Flags = Flag.Length > 0 ? Flag : PageCellQuery.DefaultFlags, MaxCells = picture.MaxCells, OnWarning = Warn };
            WorkProgress progress = WorkProgress.ForFrames(this, "Reading page frames");
            Task<PageCellMap> reading = Task.Run(() => Procfs.ReadFrameCells(Pfn, query, progress, CancellationToken));
            bool isRead = TryRead(() => progress.PollUntilDone(reading));
            progress.Complete();
            if (!isRead)
            {
                break;
            }

            PageCellMap map = By == PageCellKey.Age ? _ages.Apply(reading.Result) : reading.Result;
            screen.Show(canvas, picture.Draw("page frames", map, isOfFrames: true, canvas.Height));
        }
    }
}
