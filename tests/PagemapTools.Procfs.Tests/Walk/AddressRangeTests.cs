using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Walk;

[Trait("Tier", "Unit")]
public sealed class AddressRangeTests
{
    private static readonly ulong s_page = KernelFile.PageSize;

    [Fact]
    public void RoundToPagesWidensARangeToWholePages()
    {
        Assert.Equal(CreateRange(1, 2), new AddressRange(s_page + 1, s_page + 2).RoundToPages());
        Assert.Equal(CreateRange(1, 3), new AddressRange(s_page, (2 * s_page) + 1).RoundToPages());
        Assert.Equal(CreateRange(1, 3), new AddressRange((2 * s_page) - 1, 3 * s_page).RoundToPages());
        Assert.Equal(CreateRange(1, 2), CreateRange(1, 2).RoundToPages());
    }

    [Fact]
    public void RoundToPagesDoesNotWrapAroundAtTheTop()
    {
        AddressRange widened = new AddressRange(ulong.MaxValue - 1, ulong.MaxValue).RoundToPages();
        Assert.True(widened.Start <= widened.End);
        Assert.Equal(~(s_page - 1), widened.End);
    }

    [Fact]
    public void NormalizeSortsAndJoinsRanges() => Assert.Equal(
        [CreateRange(1, 6), CreateRange(8, 9)],
        AddressRange.Normalize([CreateRange(8, 9), CreateRange(3, 5), CreateRange(1, 3), CreateRange(4, 6), CreateRange(2, 3)]));

    [Fact]
    public void AContainedRangeDoesNotShortenItsContainer() =>
        Assert.Equal([CreateRange(1, 10)], AddressRange.Normalize([CreateRange(1, 10), CreateRange(2, 3)]));

    [Fact]
    public void NormalizeJoinsTwoAddressesInOnePage() =>
        Assert.Equal([CreateRange(4, 5)], AddressRange.Normalize([new((4 * s_page) + 8, (4 * s_page) + 9), new((4 * s_page) + 100, (4 * s_page) + 101)]));

    [Fact]
    public void NormalizeOfNoRangesIsEmpty() => Assert.Empty(AddressRange.Normalize([]));

    private static AddressRange CreateRange(ulong first, ulong end) => new(first * s_page, end * s_page);
}
