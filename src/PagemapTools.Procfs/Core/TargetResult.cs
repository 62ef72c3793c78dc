namespace PagemapTools.Procfs.Core;

/// <summary>What the reading of one target returned, or why it failed.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Value">The value; the default of its type if the reading failed.</param>
/// <param name="Failure">The failure; null if the reading succeeded.</param>
public readonly record struct TargetResult<T>(int ProcessId, T? Value, ProcfsException? Failure);
