namespace PagemapTools.TestProcesses;

/// <summary>A call failed that every machine supports; the process exits with status 1.</summary>
internal class TestProcessException(string message) : Exception(message);

/// <summary>This machine cannot make the test process; the report has the reason in "skipped".</summary>
internal sealed class SkippedException(string message) : TestProcessException(message);
