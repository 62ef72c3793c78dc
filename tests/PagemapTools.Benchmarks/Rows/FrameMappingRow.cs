using System.Diagnostics;
using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Engine;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Benchmarks.Targets;
using PagemapTools.TestSupport;

namespace PagemapTools.Benchmarks.Rows;

internal sealed class FrameMappingRow : BudgetRow
{
    private readonly byte[] _buffer = GC.AllocateArray<byte>(256 * 1024, pinned: true);
    private EmbeddedEngine _engine = null!;
    private HostPagemaps _host = null!;
    private string _command = null!;

    public override int Number => 12;

    public override string Work => "Get-KPageMapping of one frame that 100 forks share, on a host with 28 Mi resident pages";

    public override string Against => "bare pread loop over all populated pagemap entries";

    public override Bound Bound => Bound.OneIn(8);

    public override void Prepare(Surroundings surroundings)
    {
        _engine = surroundings.Engine;
        Targets.TargetProcess farm = NoteShortage(surroundings.Targets.Host()[0]);

        // The children have copies of the first pages, and share the last one.
        ulong last = farm.Range.End - KernelFile.PageSize;
        _command = $"Get-KPageMapping 0x{KernelFile.ReadPagemap(farm.ProcessId, last, 1)[0] & PagemapBits.Frame:x}";
        long found = _engine.Number($"{_command} | Measure-Arrival");
        if (found != farm.Children.Count + 1)
        {
            throw new BenchmarkException($"{farm.Children.Count + 1} processes map the frame, and {found} were found");
        }

        _host = new HostPagemaps();
        Note($"{_host.EntryCount} entries in {_host.ProcessCount} processes; {Environment.ProcessorCount} threads against one");
    }

    public override double MeasureOurs() => _engine.TimeToNull(_command);

    public override double MeasureTheirs()
    {
        long start = Stopwatch.GetTimestamp();
        _host.Read(_buffer);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
