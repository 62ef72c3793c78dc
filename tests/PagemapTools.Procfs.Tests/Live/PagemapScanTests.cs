using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Native;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>PAGEMAP_SCAN of this process, with numbers of regions around the 512 of the kernel's buffer.</summary>
[Trait("Tier", "Live")]
public sealed class PagemapScanTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(700)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(1537)]
    [InlineData(3000)]
    public void ScanFindsEachRegionOnceAndInOrder(int count)
    {
        Require.Kernel(6, 7, "PAGEMAP_SCAN");
        using OwnPages own = OwnPages.MapEverySecond(count);
        using PageIndexedFile pagemap = PageIndexedFile.Open("/proc/self/pagemap");
        PagemapScan scan = new(pagemap);
        PageRegion[] regions = new PageRegion[1024];
        List<ulong> found = [];
        for (ulong next = own.Start; next < own.End;)
        {
            int read = scan.Scan(next, own.End, PageCategories.Present, PageCategories.None, regions, out next);
            Assert.InRange(read, 0, regions.Length);
            found.AddRange(regions.Take(read).Select(region => region.Start));
        }

        Assert.Equal(Enumerable.Range(0, count).Select(i => own.Start + (2 * (ulong)i * KernelFile.PageSize)), found);
    }

    [Fact]
    public void ScanRejectsAFileThatIsNotAPagemap()
    {
        using FakeProc tree = new FakeProc().WriteEntries("pagemap", 0, 1, 2, 3);
        using PageIndexedFile pagemap = PageIndexedFile.Open(tree.GetPath("pagemap"));
        Assert.Equal(-1, new PagemapScan(pagemap).Scan(0, KernelFile.PageSize, PageCategories.Present, PageCategories.None, new PageRegion[4], out _));
    }

    [Fact]
    public void ScanRejectsAnUnknownCategory()
    {
        using OwnPages own = OwnPages.MapEverySecond(1);
        using PageIndexedFile pagemap = PageIndexedFile.Open("/proc/self/pagemap");
        Assert.Equal(-1, new PagemapScan(pagemap).Scan(own.Start, own.End, (PageCategories)(1UL << 40), PageCategories.None, new PageRegion[4], out _));
    }
}
