using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Engine;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Benchmarks.Targets;

namespace PagemapTools.Benchmarks.Rows;

internal sealed class JoinRow : BudgetRow
{
    private EmbeddedEngine _engine = null!;
    private PageTypes _pageTypes = null!;
    private TargetProcess _target = null!;

    public override int Number => 4;

    public override string Work => "join flags and count of 1 Mi pages, as ranges";

    public override string Against => "page-types -p -l -M";

    public override Bound Bound => Bound.OneIn(5);

    private string Command => $"Get-ProcessPageMap -Id {_target.ProcessId} -Include Flags,MapCount -AsRange";

    public override void Prepare(Surroundings surroundings)
    {
        _pageTypes = surroundings.PageTypes();
        _engine = surroundings.Engine;
        _target = NoteShortage(surroundings.Targets.Dense());
        long ranges = _engine.Number($"{Command} | Measure-Arrival");
        long lines = _pageTypes.Output("-p", $"{_target.ProcessId}", "-l", "-M", "-N").Split('\n').Count(line => line.Length > 0 && line[0] is >= '0' and <= 'f');
        Note($"{ranges} ranges, page-types {lines}");
    }

    public override double MeasureOurs() => _engine.TimeToNull(Command);

    public override double MeasureTheirs() => _pageTypes.Time("-p", $"{_target.ProcessId}", "-l", "-M");
}
