using System.Text.Encodings.Web;
using System.Text.Json;
using PagemapTools.Benchmarks.Budget;

namespace PagemapTools.Benchmarks.Reports;

/// <summary>The results as JSON, with every turn.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Format(Machine machine, IReadOnlyList<RowResult> results) =>
        JsonSerializer.Serialize(new { machine, load = Machine.ReadLoad(), rows = results.Select(Row) }, s_options) + "\n";

    private static object Row(RowResult result) => new
    {
        row = result.Row.Number,
        result.Row.Work,
        result.Row.Against,
        unit = result.Row.Unit switch { Unit.Mebibytes => "MiB", Unit.Microseconds => "us", _ => "ms" },
        ours = Finite(result.Ours.Median),
        theirs = Finite(result.Theirs.Median),
        ratio = new { median = Finite(result.Ratio.Median), minimum = Finite(result.Ratio.Minimum), maximum = Finite(result.Ratio.Maximum) },
        cpuRatio = result.CpuRatio is { } cpu ? Finite(cpu.Median) : null,
        bound = result.Row.Bound.Value,
        verdict = TextReport.FormatVerdict(result),
        result.Reason,
        aside = result.Row.Aside is null ? null : new { what = result.Row.Aside, ratio = Finite(result.AsideRatio.Median) },
        result.Row.Notes,
        turns = result.Turns.Select(turn => new { ours = Amounts(turn.Ours), theirs = Amounts(turn.Theirs), aside = Amounts(turn.Aside) }),
    };

    private static object? Amounts(Sample sample) => double.IsNaN(sample.Amount) ? null : new { sample.Amount, sample.Cpu };

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
