using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Engine;
using PagemapTools.Benchmarks.Targets;

namespace PagemapTools.Benchmarks.Rows;

internal sealed class EmitRow : BudgetRow
{
    private EmbeddedEngine _engine = null!;
    private TargetProcess _target = null!;

    public override int Number => 6;

    public override string Work => "emit 1 Mi pages to Out-Null";

    public override string Against => "a cmdlet that emits as many empty objects";

    public override Bound Bound => Bound.AtMost(1.25);

    private string Command => $"Get-ProcessPageMap -Id {_target.ProcessId} -Address {_target.Range}";

    public override void Prepare(Surroundings surroundings)
    {
        _engine = surroundings.Engine;
        _target = NoteShortage(surroundings.Targets.Dense());
        long emitted = _engine.Number($"{Command} | Measure-Arrival");
        if (emitted != _target.PageCount)
        {
            throw new BenchmarkException($"{_target.PageCount} pages are resident, {emitted} were emitted");
        }
    }

    public override double MeasureOurs() => _engine.Time($"{Command} | Out-Null");

    public override double MeasureTheirs() => _engine.Time($"Write-EmptyObject -Count {_target.PageCount} | Out-Null");
}
