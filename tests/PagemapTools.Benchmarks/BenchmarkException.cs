namespace PagemapTools.Benchmarks;

/// <summary>An unexpected failure; the row is not met.</summary>
internal class BenchmarkException(string message) : Exception(message);

/// <summary>This machine cannot run the row; the row is neither met nor missed.</summary>
internal sealed class SkippedException(string message) : BenchmarkException(message);

/// <summary>The arguments are wrong.</summary>
internal sealed class UsageException(string message) : Exception(message);
