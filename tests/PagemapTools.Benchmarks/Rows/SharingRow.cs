using System.Diagnostics;
using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Sharing;

namespace PagemapTools.Benchmarks.Rows;

internal sealed class SharingRow : BudgetRow
{
    private readonly byte[] _buffer = GC.AllocateArray<byte>(256 * 1024, pinned: true);
    private int[] _ids = [];
    private HostPagemaps _farm = null!;

    public override int Number => 14;

    public override string Work => "sharing of the pairs of 101 forked processes";

    public override string Against => "bare pread loop over their populated pagemap entries";

    public override Bound Bound => Bound.AtMost(1.5);

    public override void Prepare(Surroundings surroundings)
    {
        Targets.TargetProcess farm = surroundings.Targets.Farm();
        _ids = [farm.ProcessId, .. farm.Children];
        _farm = new HostPagemaps(_ids);
        ProcessSharing[] pairs = Measure();
        Note($"{pairs.Length} pairs, least shared {pairs.Min(pair => pair.Shared) >> 20} MiB; {_farm.EntryCount} entries in {_farm.ProcessCount} processes");
        NoteShortage(farm);
    }

    public override double MeasureOurs()
    {
        long start = Stopwatch.GetTimestamp();
        Measure();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    public override double MeasureTheirs()
    {
        long start = Stopwatch.GetTimestamp();
        _farm.Read(_buffer);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private ProcessSharing[] Measure()
    {
        using ProcfsContext procfs = new();
        return [.. new SharingMeter(procfs).Measure(_ids).EnumeratePairs()];
    }
}
