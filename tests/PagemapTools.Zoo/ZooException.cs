namespace PagemapTools.Zoo;

/// <summary>Something that should have worked did not; the process ends with status 1.</summary>
internal class ZooException(string message) : Exception(message);

/// <summary>This machine cannot make the animal; told in "skipped".</summary>
internal sealed class SkippedException(string message) : ZooException(message);
