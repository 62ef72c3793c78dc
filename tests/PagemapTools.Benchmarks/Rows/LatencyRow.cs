using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Benchmarks.Targets;

namespace PagemapTools.Benchmarks.Rows;

/// <summary>A latency that the target measures of itself.</summary>
/// <param name="Key">Its key in the report of the target.</param>
/// <param name="Text">Its name in the table.</param>
internal sealed record Latency(string Key, string Text)
{
    public static IReadOnlyList<Latency> All { get; } =
        [new("fault-p99", "p99 of page faults"), new("fault-p999", "p99.9 of page faults"), new("mmap-p99", "p99 of mmap and munmap"), new("mmap-p999", "p99.9 of mmap and munmap")];
}

/// <summary>
/// What a target with 4 GiB feels of a cmdlet that looks at it in a loop, against a loop that reads its smaps_rollup: what the kernel makes it
/// wait for, since it has a processor of its own.
/// </summary>
internal sealed class LatencyRow(Latency latency, string command, LatencyLog log) : BudgetRow, IDisposable
{
    // Each cmdlet that reads the memory of a process; $id is that of the target.
    private static readonly string[] s_commands =
    [
        "Measure-ProcessUss -Id $id", "Measure-ProcessUss -Id $id -Method Exclusive", "Measure-ProcessUss -Id $id -Method MapCount", "Measure-ProcessUss -Id $id -ByMapping",
        "Measure-ProcessUss -Id $id -ByNode", "Measure-ProcessUss -Id $id, $PID -Together", "Measure-ProcessSharing -Id $id, $PID", "Measure-ProcessHugePage -Id $id",
        "Measure-ProcessWorkingSet -Id $id -Interval 0.01", "Measure-KPageFlags -Id $id", "Get-ProcessPageMap -Id $id -AsRange", "Get-KPageMapping -Pfn 4096",
        "Compare-ProcessPageMap $id $PID -AsRange", "Show-ProcessPageMap -Id $id",
    ];

    private static readonly byte[] s_buffer = GC.AllocateArray<byte>(64 * 1024, pinned: true);

    private Surroundings _surroundings = null!;
    private TargetProcess _target = null!;
    private int _turn;

    public override int Number => 18;

    public override string Work => $"{latency.Text} under {command}";

    public override string Against => "under smaps_rollup";

    public override Bound Bound => Bound.AtMost(1.0);

    public override Unit Unit => Unit.Microseconds;

    public override bool HasCpuTime => false;

    public static IEnumerable<LatencyRow> CreateAll()
    {
        LatencyLog log = new();
        return from command in s_commands from latency in Latency.All select new LatencyRow(latency, command, log);
    }

    public override void Prepare(Surroundings surroundings)
    {
        _surroundings = surroundings;
        _target = NoteShortage(surroundings.Targets.Latency());
        if (!Processors.Separate(_target.ProcessId))
        {
            Note("the target shares its processor with the loops");
        }

        double alone = log.GetOrMeasure("nothing", 0, _target, () => Thread.Sleep(10))[latency.Key];
        Note(FormattableString.Invariant($"{latency.Text} while nothing looks: {alone:0.#} us"));
    }

    // The rows of one command share its turns, so they share the warm-up.
    public override void WarmUp()
    {
        if (latency == Latency.All[0])
        {
            Settle(Look);
        }
    }

    public override double MeasureOurs() => log.GetOrMeasure(command, _turn, _target, () => Look())[latency.Key];

    public override double MeasureTheirs() =>
        log.GetOrMeasure($"smaps_rollup beside {command}", _turn++, _target, () => BareFile.ReadWhole($"/proc/{_target.ProcessId}/smaps_rollup", s_buffer))[latency.Key];

    public void Dispose() => Processors.Rejoin();

    private double Look() => _surroundings.Engine.TimeToNull(command.Replace("$id", $"{_target.ProcessId}", StringComparison.Ordinal));
}

/// <summary>The latencies of each turn in microseconds. The rows of one command share a turn, since the target measures all at once.</summary>
internal sealed class LatencyLog
{
    private const string Milliseconds = "4000";

    private readonly Dictionary<(string Command, int Turn), Dictionary<string, double>> _turns = [];

    public Dictionary<string, double> GetOrMeasure(string command, int turn, TargetProcess target, Action look)
    {
        if (!_turns.TryGetValue((command, turn), out Dictionary<string, double>? latencies))
        {
            Task<IReadOnlyDictionary<string, string>> report = Task.Run(() => target.Next(Milliseconds));
            while (!report.IsCompleted)
            {
                look();
            }

            latencies = Latency.All.ToDictionary(latency => latency.Key, latency => long.Parse(report.Result[latency.Key]) / 1000.0, StringComparer.Ordinal);
            _turns.Add((command, turn), latencies);
        }

        return latencies;
    }
}
