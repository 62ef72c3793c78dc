using System.Globalization;
using System.Text;
using PagemapTools.Benchmarks.Budget;

namespace PagemapTools.Benchmarks.Reports;

/// <summary>The table of the budget, for people.</summary>
internal static class TextReport
{
    private static readonly string[] s_heads = ["#", "Work", "Against", "Ours", "Theirs", "Ratio", "Min", "Max", "CPU", "Bound", ""];

    public static string Format(Machine machine, IReadOnlyList<RowResult> results)
    {
        StringBuilder text = new();
        text.AppendLine(
            $"Linux {machine.Kernel}, {machine.ProcessorCount} x {machine.Processor}, {machine.MemoryBytes >> 30} GiB, {machine.Runtime}, load {Machine.ReadLoad()}");
        text.AppendLine();
        AppendTable(text, [s_heads, .. results.Select(Cells)]);
        AppendNotes(text, results);
        text.AppendLine().AppendLine("Ratio, Min, Max: of the ratios of single turns. CPU: the same median of processor time, for information.");
        int met = results.Count(result => result.Verdict == Verdict.Met);
        int skipped = results.Count(result => result.Verdict == Verdict.Skipped);
        text.AppendLine($"{met} met, {results.Count - met - skipped} not met, {skipped} skipped");
        return text.ToString();
    }

    public static string FormatVerdict(RowResult result) => result.Verdict switch
    {
        Verdict.Met => "met",
        Verdict.Skipped => "skipped",
        _ => "NOT MET",
    };

    private static string[] Cells(RowResult result) =>
    [
        $"{result.Row.Number}",
        result.Row.Work,
        result.Row.Against,
        Amount(result.Ours.Median, result.Row.Unit),
        Amount(result.Theirs.Median, result.Row.Unit),
        Ratio.Format(result.Ratio.Median),
        Ratio.Format(result.Ratio.Minimum),
        Ratio.Format(result.Ratio.Maximum),
        result.CpuRatio is { } cpu ? Ratio.Format(cpu.Median) : "-",
        result.Row.Bound.Text,
        FormatVerdict(result),
    ];

    private static string Amount(double amount, Unit unit)
    {
        if (double.IsNaN(amount))
        {
            return "-";
        }

        string digits = amount < 100 ? "0.0" : "0";
        return amount.ToString(digits, CultureInfo.InvariantCulture) + (unit switch { Unit.Mebibytes => " MiB", Unit.Microseconds => " us", _ => " ms" });
    }

    private static void AppendTable(StringBuilder text, IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, s_heads.Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            IEnumerable<string> cells = row.Select((cell, column) =>
                column is >= 3 and <= 9 ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            text.AppendLine(string.Join("  ", cells).TrimEnd());
        }
    }

    private static void AppendNotes(StringBuilder text, IReadOnlyList<RowResult> results)
    {
        text.AppendLine();
        foreach (RowResult result in results)
        {
            IEnumerable<string> notes = result.Row.Notes;
            if (result.Row.Aside is { } aside && result.Turns.Count > 0)
            {
                Spread ratio = result.AsideRatio;
                notes = notes.Append($"{aside}: ratio {Ratio.Format(ratio.Median)} ({Ratio.Format(ratio.Minimum)} to {Ratio.Format(ratio.Maximum)})");
            }

            foreach (string note in result.Reason is null ? notes : notes.Append(result.Reason))
            {
                text.AppendLine($"{result.Row.Number}: {note}");
            }
        }
    }
}
