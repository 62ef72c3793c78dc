using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Engine;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Benchmarks.Targets;

namespace PagemapTools.Benchmarks.Rows;

internal sealed class HugePageRow : BudgetRow
{
    private EmbeddedEngine _engine = null!;
    private string _thpmaps = null!;
    private TargetProcess _target = null!;

    public override int Number => 16;

    public override string Work => "large folios of a process with 1 GiB in transparent huge pages";

    public override string Against => "thpmaps --pid";

    public override Bound Bound => Bound.OneIn(8);

    private string Command => $"Measure-ProcessHugePage -Id {_target.ProcessId}";

    public override void Prepare(Surroundings surroundings)
    {
        _thpmaps = surroundings.Thpmaps;
        _engine = surroundings.Engine;
        _target = NoteShortage(surroundings.Targets.Huge());
        long ours = _engine.Number($"$sum = 0L; {Command} | Where-Object IsPmdMapped | ForEach-Object {{ $sum += $_.Bytes }}; $sum");
        long theirs = ChildProcess.Run(_thpmaps, ["--pid", $"{_target.ProcessId}", "--rollup"]).Split('\n')
            .Where(line => line.Contains("-pmd-aligned-", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1]) * 1024);
        Note($"{ours} bytes are mapped by PMDs, thpmaps {theirs}");
    }

    public override double MeasureOurs() => _engine.TimeToNull(Command);

    public override double MeasureTheirs() => ChildProcess.TimeToNull(_thpmaps, ["--pid", $"{_target.ProcessId}"]);
}
