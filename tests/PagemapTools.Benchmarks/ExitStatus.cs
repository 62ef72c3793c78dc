namespace PagemapTools.Benchmarks;

internal static class ExitStatus
{
    /// <summary>Every requested row is met.</summary>
    public const int Met = 0;

    /// <summary>A row is not met, or could not be measured.</summary>
    public const int NotMet = 1;

    /// <summary>The arguments are wrong.</summary>
    public const int Usage = 2;

    /// <summary>Nothing could be measured.</summary>
    public const int Failed = 3;
}
