using System.Diagnostics;
using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Benchmarks.Targets;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Groups;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Benchmarks.Rows;

internal sealed class GroupUssRow : BudgetRow
{
    private readonly byte[] _buffer = GC.AllocateArray<byte>(64 * 1024, pinned: true);
    private readonly ProcRoot _root = new();
    private int[] _processIds = [];

    public override int Number => 11;

    public override string Work => "101 forked processes with 26 Mi pages as one group";

    public override string Against => "reading smaps_rollup of each";

    public override Bound Bound => Bound.AtMost(1.3);

    public override void Prepare(Surroundings surroundings)
    {
        TargetProcess farm = NoteShortage(surroundings.Targets.Farm());
        _processIds = [farm.ProcessId, .. farm.Children];
        ProcessGroupUss group = MeasureGroup();
        long pss = 1024 * _processIds.Sum(id => Machine.ReadKibibytes($"/proc/{id}/smaps_rollup", "Pss"));
        Note($"{group.ProcessCount} processes; Uss {group.Uss} bytes, Rss {group.Rss}, Pss {group.Pss}, by smaps_rollup {pss}");
    }

    public override double MeasureOurs()
    {
        long start = Stopwatch.GetTimestamp();
        MeasureGroup();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    public override double MeasureTheirs()
    {
        long start = Stopwatch.GetTimestamp();
        foreach (int id in _processIds)
        {
            BareFile.ReadWhole($"/proc/{id}/smaps_rollup", _buffer);
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private ProcessGroupUss MeasureGroup()
    {
        using ProcfsContext procfs = new(_root);
        return procfs.MeasureGroupUss(_processIds).Uss ?? throw new BenchmarkException("No process of the farm can be read.");
    }
}
