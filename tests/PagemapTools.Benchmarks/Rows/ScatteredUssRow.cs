using System.Diagnostics;
using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Benchmarks.Targets;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Benchmarks.Rows;

internal sealed class ScatteredUssRow : BudgetRow
{
    private readonly ProcRoot _root = new();
    private TargetProcess _target = null!;
    private PageTypes _pageTypes = null!;

    public override int Number => 3;

    public override string Work => "USS of 16 TiB reserved, 16,384 scattered pages resident";

    public override string Against => "page-types -p";

    public override Bound Bound => Bound.OneIn(200);

    // Half a minute each, of page-types.
    public override int MostTurns => 3;

    public override void Prepare(Surroundings surroundings)
    {
        _pageTypes = surroundings.PageTypes();
        _target = Noted(surroundings.Targets.Scattered());
        Note($"USS {Uss()} bytes of {_target.Range.End - _target.Range.Start} reserved");
    }

    public override void WarmUp() => Settle(MeasureOurs);

    public override double MeasureOurs()
    {
        long start = Stopwatch.GetTimestamp();
        Uss();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    public override double MeasureTheirs() => _pageTypes.Time("-p", $"{_target.ProcessId}");

    private long? Uss()
    {
        UssMeter meter = new(new ProcfsContext(_root), UssMethod.Exclusive);
        return meter.Measure(_target.ProcessId, null, Environment.ProcessorCount).Uss;
    }
}
