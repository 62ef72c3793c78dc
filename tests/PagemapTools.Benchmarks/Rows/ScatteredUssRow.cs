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
    private readonly byte[] _buffer = GC.AllocateArray<byte>(64 * 1024, pinned: true);
    private readonly ProcRoot _root = new();
    private TargetProcess _target = null!;

    public override int Number => 3;

    public override string Work => "USS of 16 TiB reserved, 16,384 scattered pages resident";

    public override string Against => "reading its smaps_rollup";

    public override Bound Bound => Bound.AtMost(1.5);

    private string Rollup => $"/proc/{_target.ProcessId}/smaps_rollup";

    public override void Prepare(Surroundings surroundings)
    {
        _target = NoteShortage(surroundings.Targets.Scattered());
        Note($"USS {MeasureUss()} bytes of {_target.Range.End - _target.Range.Start} reserved");
    }

    public override double MeasureOurs()
    {
        long start = Stopwatch.GetTimestamp();
        MeasureUss();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    public override double MeasureTheirs()
    {
        long start = Stopwatch.GetTimestamp();
        BareFile.ReadWhole(Rollup, _buffer);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private long? MeasureUss()
    {
        UssMeter meter = new(new ProcfsContext(_root), UssMethod.Exclusive);
        return meter.Measure(_target.ProcessId, null, Environment.ProcessorCount).Uss;
    }
}
