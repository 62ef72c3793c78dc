using System.Diagnostics;
using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Benchmarks.Targets;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Benchmarks.Rows;

internal sealed class DenseUssRow : BudgetRow
{
    private readonly byte[] _buffer = GC.AllocateArray<byte>(64 * 1024, pinned: true);
    private readonly ProcRoot _root = new();
    private TargetProcess _target = null!;

    public override int Number => 2;

    public override string Work => "USS of a process with 1 Mi pages, Exclusive";

    public override string Against => "reading its smaps_rollup";

    public override Bound Bound => Bound.AtMost(1.0);

    public override string Aside => "on one thread";

    private string Rollup => $"/proc/{_target.ProcessId}/smaps_rollup";

    public override void Prepare(Surroundings surroundings)
    {
        _target = NoteShortage(surroundings.Targets.Dense());
        long? ours = MeasureUss(Environment.ProcessorCount);
        long theirs = 1024 * (Machine.ReadKibibytes(Rollup, "Private_Clean") + Machine.ReadKibibytes(Rollup, "Private_Dirty")
            + Machine.ReadKibibytes(Rollup, "Private_Hugetlb"));
        Note($"USS {ours} bytes, by smaps_rollup {theirs}; {Environment.ProcessorCount} threads");
    }

    public override double MeasureOurs() => Measure(Environment.ProcessorCount);

    public override double MeasureAside() => Measure(threads: 1);

    public override double MeasureTheirs()
    {
        long start = Stopwatch.GetTimestamp();
        BareFile.ReadWhole(Rollup, _buffer);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private double Measure(int threads)
    {
        long start = Stopwatch.GetTimestamp();
        MeasureUss(threads);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private long? MeasureUss(int threads)
    {
        UssMeter meter = new(new ProcfsContext(_root), UssMethod.Exclusive);
        return meter.Measure(_target.ProcessId, null, threads).Uss;
    }
}
