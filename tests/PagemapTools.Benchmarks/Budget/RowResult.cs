namespace PagemapTools.Benchmarks.Budget;

internal enum Verdict
{
    Met,
    NotMet,
    Skipped,
}

/// <summary>One turn: ours, theirs, and what was measured for information.</summary>
internal readonly record struct Turn(double Ours, double Theirs, double Aside)
{
    public double Ratio => Ours / Theirs;

    public double AsideRatio => Aside / Theirs;
}

/// <summary>What came of a row.</summary>
internal sealed record RowResult(BudgetRow Row, IReadOnlyList<Turn> Turns, string? Reason, bool IsSkipped)
{
    public Spread Ours => Spread.Of(Turns.Select(turn => turn.Ours));

    public Spread Theirs => Spread.Of(Turns.Select(turn => turn.Theirs));

    /// <summary>Of the ratios of single turns: what disturbs the machine for longer than a turn disturbs both sides.</summary>
    public Spread Ratio => Spread.Of(Turns.Select(turn => turn.Ratio));

    public Spread AsideRatio => Spread.Of(Turns.Select(turn => turn.AsideRatio));

    public Verdict Verdict => IsSkipped ? Verdict.Skipped
        : Reason is null && Ratio.Median <= Row.Bound.Value ? Verdict.Met
        : Verdict.NotMet;
}
