using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Engine;
using PagemapTools.Benchmarks.Targets;

namespace PagemapTools.Benchmarks.Rows;

internal sealed class PickRow : BudgetRow
{
    private EmbeddedEngine _engine = null!;
    private TargetProcess _target = null!;

    public override int Number => 7;

    public override string Work => "pick 0.1 % of 1 Mi pages with -Shared";

    // The quicker of its two forms: a script block takes longer.
    public override string Against => "Where-Object -Not IsExclusive";

    public override Bound Bound => Bound.OneIn(50);

    private string Pages => $"Get-ProcessPageMap -Id {_target.ProcessId} -Address {_target.Range}";

    private string Ours => $"{Pages} -Shared";

    private string Theirs => $"{Pages} | {Against}";

    public override void Prepare(Surroundings surroundings)
    {
        _engine = surroundings.Engine;
        _target = NoteShortage(surroundings.Targets.OneInThousandShared());
        long ours = _engine.Number($"{Ours} | Measure-Arrival");
        long theirs = _engine.Number($"{Theirs} | Measure-Arrival");
        if (ours != theirs || ours != _target.PageCount / 1000)
        {
            throw new BenchmarkException($"one page in a thousand of {_target.PageCount} is shared, {ours} were picked, by Where-Object {theirs}");
        }

        Note($"{ours} of {_target.PageCount} pages: the zero page among written ones");
    }

    public override double MeasureOurs() => _engine.TimeToNull(Ours);

    public override double MeasureTheirs() => _engine.TimeToNull(Theirs);
}
