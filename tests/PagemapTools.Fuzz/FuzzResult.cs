namespace PagemapTools.Fuzz;

/// <summary>What a run found about one target.</summary>
internal sealed class FuzzResult(FuzzTarget target)
{
    public FuzzTarget Target => target;

    public long Inputs { get; set; }

    /// <summary>The smallest input that fails, with its reason; null if all properties held.</summary>
    public string? Failure { get; set; }
}
