using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Engine;
using PagemapTools.Benchmarks.Targets;

namespace PagemapTools.Benchmarks.Rows;

internal sealed class MapRow : BudgetRow
{
    private EmbeddedEngine _engine = null!;
    private TargetProcess _target = null!;

    public override int Number => 19;

    public override string Work => "Show-ProcessPageMap of a process with 4 GiB, by kind";

    public override string Against => "the join of row 4: flags and map count of its pages, as ranges";

    public override Bound Bound => Bound.AtMost(1);

    public override void Prepare(Surroundings surroundings)
    {
        _engine = surroundings.Engine;
        _target = NoteShortage(surroundings.Targets.Dense());
    }

    public override double MeasureOurs() => _engine.TimeToNull($"Show-ProcessPageMap -Id {_target.ProcessId} -By Kind -Width 120 -Height 40");

    public override double MeasureTheirs() => _engine.TimeToNull($"Get-ProcessPageMap -Id {_target.ProcessId} -Include Flags,MapCount -AsRange");
}
