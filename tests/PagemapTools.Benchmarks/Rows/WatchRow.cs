using System.Diagnostics;
using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Engine;
using PagemapTools.Benchmarks.Targets;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Benchmarks.Rows;

/// <summary>What a watch costs: the processor time of all threads against the time that passes.</summary>
internal sealed class WatchRow : BudgetRow
{
    private const int Pictures = 5;
    private const double Interval = 0.5;

    private EmbeddedEngine _engine = null!;
    private TargetProcess _target = null!;

    public override int Number => 20;

    public override string Work => "processor time of Show-ProcessPageMap -Watch of 1 GiB, two pictures a second";

    public override string Against => "one core";

    public override Bound Bound => Bound.OneIn(10);

    // The figure itself is processor time.
    public override bool HasCpuTime => false;

    public override void Prepare(Surroundings surroundings)
    {
        _engine = surroundings.Engine;
        _target = NoteShortage(surroundings.Targets.Dense());
    }

    // The first picture is drawn at once, so one interval less passes.
    public override double MeasureOurs()
    {
        AddressRange range = new(_target.Range.Start, Math.Min(_target.Range.End, _target.Range.Start + (1UL << 30)));
        string command = $"Show-ProcessPageMap -Id {_target.ProcessId} -Address {range} -Width 120 -Height 40 -SampleInterval {Interval} -MaxSamples ";
        double one = MeasureProcessorTime(command + 1);
        return (MeasureProcessorTime(command + Pictures) - one) / (Pictures - 1);
    }

    public override double MeasureTheirs() => Interval * 1000;

    private double MeasureProcessorTime(string command)
    {
        using Process self = Process.GetCurrentProcess();
        TimeSpan before = self.TotalProcessorTime;
        _engine.TimeToNull(command);
        self.Refresh();
        return (self.TotalProcessorTime - before).TotalMilliseconds;
    }
}
