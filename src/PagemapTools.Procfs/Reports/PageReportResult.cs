namespace PagemapTools.Procfs.Reports;

/// <summary>What is in a report, and what is not.</summary>
/// <param name="Failures">Why processes, or parts of them, are not in it, one failure for each process.</param>
/// <param name="Omissions">Sentences that say which pictures are not in it, and why. The report has them, too.</param>
public sealed record PageReportResult(IReadOnlyList<ProcfsException> Failures, IReadOnlyList<string> Omissions)
{
    /// <summary>The number of processes in the report.</summary>
    public int ProcessCount { get; init; }
}
