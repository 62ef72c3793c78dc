namespace PagemapTools.Procfs.Core;

/// <summary>Options of <see cref="TargetRun"/>.</summary>
public sealed record TargetRunOptions
{
    /// <summary>The time after which a target that does not answer is left: 5 seconds.</summary>
    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a target may hold up its reading. The time counts only while no thread that reads the target gets on, so the reading of a
    /// large process has no limit.
    /// </summary>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>The number of targets that are read at the same time; null for one per processor.</summary>
    public int? MaxParallel { get; init; }

    /// <summary>Called on the calling thread about ten times a second while it waits; null for no call.</summary>
    public Action? OnWait { get; init; }
}
