namespace PagemapTools.Benchmarks.Budget;

internal enum Verdict
{
    Met,
    NotMet,
    Skipped,
}

/// <summary>The measured amount, and the processor time of the measurement in milliseconds.</summary>
internal readonly record struct Sample(double Amount, double Cpu);

/// <summary>One turn: the module, the comparator, and the measurement for information.</summary>
internal readonly record struct Turn(Sample Ours, Sample Theirs, Sample Aside)
{
    public double Ratio => Ours.Amount / Theirs.Amount;

    public double CpuRatio => Ours.Cpu / Theirs.Cpu;

    public double AsideRatio => Aside.Amount / Theirs.Amount;
}

/// <summary>The result of a row.</summary>
internal sealed record RowResult(BudgetRow Row, IReadOnlyList<Turn> Turns, string? Reason, bool IsSkipped)
{
    public Spread Ours => Spread.FromValues(Turns.Select(turn => turn.Ours.Amount));

    public Spread Theirs => Spread.FromValues(Turns.Select(turn => turn.Theirs.Amount));

    /// <summary>The spread of the turns' ratios: a disturbance that lasts longer than a turn affects both sides.</summary>
    public Spread Ratio => Spread.FromValues(Turns.Select(turn => turn.Ratio));

    /// <summary>The spread of the ratios of processor time, for information; null for a row without (<see cref="BudgetRow.HasCpuTime"/>).</summary>
    public Spread? CpuRatio => Row.HasCpuTime ? Spread.FromValues(Turns.Select(turn => turn.CpuRatio)) : null;

    public Spread AsideRatio => Spread.FromValues(Turns.Select(turn => turn.AsideRatio));

    public Verdict Verdict => IsSkipped ? Verdict.Skipped
        : Reason is null && Ratio.Median <= Row.Bound.Value ? Verdict.Met
        : Verdict.NotMet;
}
