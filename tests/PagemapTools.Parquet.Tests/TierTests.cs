namespace PagemapTools.Parquet.Tests;

[Trait("Tier", "Unit")]
public sealed class TierTests
{
    [Fact]
    public void EveryTestClassHasATier() => Assert.Empty(Tiers.FindClassesWithoutTier(typeof(TierTests).Assembly));
}
