namespace PagemapTools.Procfs.Reports;

/// <summary>What is not in a report.</summary>
/// <param name="Failures">Why processes are not in it, one failure for each.</param>
/// <param name="Omissions">Sentences that say which pictures are not in it, and why. The report has them, too.</param>
public sealed record PageReportResult(IReadOnlyList<ProcfsException> Failures, IReadOnlyList<string> Omissions);
