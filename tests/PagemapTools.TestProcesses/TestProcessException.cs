namespace PagemapTools.TestProcesses;

/// <summary>Something that should have worked did not; the process ends with status 1.</summary>
internal class TestProcessException(string message) : Exception(message);

/// <summary>This machine cannot make the test process; told in "skipped".</summary>
internal sealed class SkippedException(string message) : TestProcessException(message);
