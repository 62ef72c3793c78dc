using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Tests.Frames;

[Trait("Tier", "Unit")]
public sealed class PageUseClassifierTests
{
    // The bits of include/uapi/linux/kernel-page-flags.h, as page-types prints them for such page frames.
    [Theory]
    [InlineData(0UL, PageUse.Kernel)]
    [InlineData(1UL << 10, PageUse.Free)]
    [InlineData((1UL << 7) | (1UL << 12) | (1UL << 21), PageUse.Slab)]
    [InlineData((1UL << 2) | (1UL << 26), PageUse.PageTable)]
    [InlineData((1UL << 2) | (1UL << 3) | (1UL << 5), PageUse.PageCache)]
    [InlineData((1UL << 2) | (1UL << 3), PageUse.PageCache)]
    [InlineData((1UL << 3) | (1UL << 5) | (1UL << 14), PageUse.SharedMemory)]
    [InlineData((1UL << 3) | (1UL << 5) | (1UL << 12) | (1UL << 13) | (1UL << 14), PageUse.SwapCache)]
    [InlineData((1UL << 3) | (1UL << 5) | (1UL << 12) | (1UL << 14), PageUse.Anonymous)]
    [InlineData((1UL << 15) | (1UL << 17), PageUse.Hugetlb)]
    [InlineData(1UL << 32, PageUse.Reserved)]
    [InlineData(1UL << 23, PageUse.Offline)]
    [InlineData((1UL << 5) | (1UL << 19), PageUse.HardwarePoison)]
    [InlineData(1UL << 24, PageUse.ZeroPage)]
    [InlineData((1UL << 22) | (1UL << 24), PageUse.ZeroPage)]
    [InlineData(1UL << 20, PageUse.NotMemory)]
    [InlineData(ulong.MaxValue, PageUse.NotMemory)]
    public void UseFollowsFromFlags(ulong flags, PageUse use) => Assert.Equal(use, PageUseClassifier.Classify(flags));

    [Fact]
    public void OnlyFramesOfKnownUseAreCertainlyUnmapped()
    {
        PageUse[] uncertain = [.. Enum.GetValues<PageUse>().Where(use => !PageUseClassifier.IsUnmappedWithoutCount(use))];

        Assert.Equal([PageUse.Unknown, PageUse.Kernel, PageUse.Reserved, PageUse.HardwarePoison, PageUse.NotMemory], uncertain);
    }
}
