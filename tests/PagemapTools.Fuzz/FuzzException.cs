namespace PagemapTools.Fuzz;

/// <summary>A property that does not hold for an input.</summary>
internal sealed class FuzzException(string message) : Exception(message);
