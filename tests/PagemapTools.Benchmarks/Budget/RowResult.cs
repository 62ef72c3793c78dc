namespace PagemapTools.Benchmarks.Budget;

internal enum Verdict
{
    Met,
    NotMet,
    Skipped,
}

/// <summary>What was measured, and the processor time that went by meanwhile, in milliseconds.</summary>
internal readonly record struct Sample(double Amount, double Cpu);

/// <summary>One turn: ours, theirs, and what was measured for information.</summary>
internal readonly record struct Turn(Sample Ours, Sample Theirs, Sample Aside)
{
    public double Ratio => Ours.Amount / Theirs.Amount;

    public double CpuRatio => Ours.Cpu / Theirs.Cpu;

    public double AsideRatio => Aside.Amount / Theirs.Amount;
}

/// <summary>What came of a row.</summary>
internal sealed record RowResult(BudgetRow Row, IReadOnlyList<Turn> Turns, string? Reason, bool IsSkipped)
{
    public Spread Ours => Spread.Of(Turns.Select(turn => turn.Ours.Amount));

    public Spread Theirs => Spread.Of(Turns.Select(turn => turn.Theirs.Amount));

    /// <summary>Of the ratios of single turns: what disturbs the machine for longer than a turn disturbs both sides.</summary>
    public Spread Ratio => Spread.Of(Turns.Select(turn => turn.Ratio));

    /// <summary>The same of processor time, for information; null where it says nothing about the work.</summary>
    public Spread? CpuRatio => Row.HasCpuTime ? Spread.Of(Turns.Select(turn => turn.CpuRatio)) : null;

    public Spread AsideRatio => Spread.Of(Turns.Select(turn => turn.AsideRatio));

    public Verdict Verdict => IsSkipped ? Verdict.Skipped
        : Reason is null && Ratio.Median <= Row.Bound.Value ? Verdict.Met
        : Verdict.NotMet;
}
