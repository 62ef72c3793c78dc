using System.Management.Automation;
using PagemapTools.Completion;
using PagemapTools.Pictures;

namespace PagemapTools.Commands;

/// <summary>Draws the pages of processes as a map that fits the window: each cell is a run of pages in the order of their addresses.</summary>
[Cmdlet(VerbsCommon.Show, "ProcessPageMap", DefaultParameterSetName = NameSet)]
[OutputType(typeof(string), typeof(MapLine))]
public sealed class ShowProcessPageMapCommand : SelectedProcessCommand, IMapParameters
{
    private readonly List<int> _targets = [];
    private readonly Dictionary<int, PageCellAges> _ages = [];
    private MappingFilter? _mappings;
    private MapScreen? _screen;

    /// <inheritdoc/>
    [Parameter]
    [VisibleArgument(typeof(PageCellKey))]
    public PageCellKey By { get; set; }

    /// <inheritdoc/>
    [Parameter]
    [VisibleArgument(typeof(KPageFlags[]))]
    public KPageFlags[] Flag { get; set => field = value ?? []; } = [];

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

    /// <summary>Finds unpopulated pages of shared memory in the page cache and in swap.</summary>
    [Parameter]
    public SwitchParameter ResolveShared { get; set; }

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
    bool IMapParameters.IsWatching => IsWatching;

    private bool IsWatching => Watch || By == PageCellKey.Age || MaxSamples != long.MaxValue;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _mappings = MappingFilter.Create(Mapping, LiteralMapping);
        _screen = new MapScreen(this, this);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (int id in ResolveTargets())
        {
            _targets.Add(id);
            if (!IsWatching)
            {
                Canvas canvas = _screen!.GetCanvas();
                _screen.Show(canvas, Draw(canvas, id, canvas.Height));
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (DateTime _ in IsWatching && _targets.Count > 0 ? Guard(_screen!.WaitForSamples(CancellationToken)) : [])
        {
            Canvas canvas = _screen!.GetCanvas();
            MapLine[] lines = [.. _targets.ToArray().SelectMany(id => Draw(canvas, id, canvas.Height / _targets.Count))];
            if (_targets.Count == 0)
            {
                break;
            }

            _screen.Show(canvas, lines);
        }

        WarnOfUnmatched(_mappings);
    }

    /// <summary>Draws a process; returns no line if it cannot be read, and then reads it no more.</summary>
    private IReadOnlyList<MapLine> Draw(Canvas canvas, int id, int height)
    {
        MapPicture picture = new(canvas);
        PageCellQuery query = new()
        {
            By = By,
            Flags = Flag.Length > 0 ? Flag : PageCellQuery.DefaultFlags,
            MaxCells = picture.MaxCells,
            Walk = new PageWalkOptions { Mappings = _mappings is null ? null : _mappings.IsMatch, Addresses = Address },
            ResolveShared = ResolveShared,
            OnWarning = Warn,
        };
        WorkProgress progress = WorkProgress.ForProcess(this, id);
        bool isRead = TryRead(
            () => TargetRun.Read(Root, id, token => Procfs.ReadProcessCells(id, query, progress, token), CreateRunOptions(progress), CancellationToken), out PageCellMap map);
        progress.Complete();
        if (!isRead)
        {
            _targets.Remove(id);
            return [];
        }

        if (By == PageCellKey.Age)
        {
            PageCellAges? ages = _ages.GetValueOrDefault(id);
            map = (ages ?? (_ages[id] = new PageCellAges())).Apply(map);
        }

        return picture.Draw($"{map.ProcessName} ({id})", map, isOfFrames: false, height);
    }
}
