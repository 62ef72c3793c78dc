using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Walk;

[Trait("Tier", "Unit")]
public sealed class AddressRangeTests
{
    private static readonly ulong s_page = (ulong)Environment.SystemPageSize;

    [Fact]
    public void A_range_is_widened_to_the_pages_that_it_touches()
    {
        Assert.Equal(Pages(1, 2), new AddressRange(s_page + 1, s_page + 2).RoundToPages());
        Assert.Equal(Pages(1, 3), new AddressRange(s_page, (2 * s_page) + 1).RoundToPages());
        Assert.Equal(Pages(1, 3), new AddressRange((2 * s_page) - 1, 3 * s_page).RoundToPages());
        Assert.Equal(Pages(1, 2), Pages(1, 2).RoundToPages());
    }

    [Fact]
    public void The_top_of_the_address_space_does_not_wrap_around()
    {
        AddressRange widened = new AddressRange(ulong.MaxValue - 1, ulong.MaxValue).RoundToPages();
        Assert.True(widened.Start <= widened.End);
        Assert.Equal(~(s_page - 1), widened.End);
    }

    [Fact]
    public void Ranges_are_sorted_and_overlaps_and_neighbours_joined() => Assert.Equal(
        [Pages(1, 6), Pages(8, 9)],
        AddressRange.Normalize([Pages(8, 9), Pages(3, 5), Pages(1, 3), Pages(4, 6), Pages(2, 3)]));

    [Fact]
    public void A_range_inside_another_does_not_shorten_it() =>
        Assert.Equal([Pages(1, 10)], AddressRange.Normalize([Pages(1, 10), Pages(2, 3)]));

    [Fact]
    public void Two_addresses_in_one_page_are_one_page() =>
        Assert.Equal([Pages(4, 5)], AddressRange.Normalize([new((4 * s_page) + 8, (4 * s_page) + 9), new((4 * s_page) + 100, (4 * s_page) + 101)]));

    [Fact]
    public void No_ranges_stay_none() => Assert.Empty(AddressRange.Normalize([]));

    private static AddressRange Pages(ulong first, ulong end) => new(first * s_page, end * s_page);
}
