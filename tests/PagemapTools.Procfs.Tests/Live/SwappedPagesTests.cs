using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Live;

[Collection(MachineSettings.Name)]
[Trait("Tier", "Privileged")]
public sealed class SwappedPagesTests
{
    [Fact]
    public void SwappedPagesReportTheirSwapOffsetAndFile()
    {
        Require.PageFrameNumbers();
        using TargetProcess target = TargetProcess.Start("swapped").Stop();
        TargetRegion region = target["swapped"];
        ProcessPageInfo[] pages = TargetPages.Read(region);
        string[] areas = ReadAreas();
        ProcessPageInfo[] swapped = [.. pages.Pick(region["swapped"])];
        Assert.All(swapped, page =>
        {
            Assert.Equal(PageState.Swapped, page.State);
            Assert.InRange(page.SwapOffset!.Value, 1UL, ulong.MaxValue);
            Assert.Contains(page.SwapFile, areas);
        });
        Assert.Equal(swapped.Length, swapped.Select(page => (page.SwapType, page.SwapOffset)).Distinct().Count());
        if (region.Expect["area"] is not "existing" and { } area)
        {
            Assert.All(swapped, page => Assert.Equal(area, page.SwapFile));
        }

        Assert.All(pages.Pick(region["read-back"]).Concat(pages.Pick(region["written-back"])), page => Assert.Equal((PageState.Present, true), (page.State, page.IsExclusive)));
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact]
    public void CleanPagesReadBackStayInTheSwapCache()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("swapped").Stop();
        ProcessPageInfo[] pages = TargetPages.Read(target["swapped"]);
        ProcessPageInfo[] cached = [.. pages.Pick(target["swapped"]["read-back"]).Where(page => page.Flags!.Value.HasFlag(KPageFlags.SWAPCACHE))];
        Require.That(cached.Length > 0, "SwapArea", "the swap device is one that the kernel reads without the swap cache");
        Assert.All(cached, page => Assert.Equal((PageState.Present, 1UL), (page.State, page.MapCount)));
        Assert.All(pages.Pick(target["swapped"]["written-back"]), page => Assert.False(page.Flags!.Value.HasFlag(KPageFlags.SWAPCACHE)));
    }

    [Fact]
    public void SwappedPagesReportTheirSwapArea()
    {
        Require.PageFrameNumbers();
        Require.That(ReadAreas().Length == 0, "SwapArea", "a swap area is active already: the target's second would not be the second");
        using TargetProcess target = TargetProcess.Start("swapped", "two=1").Stop();
        TargetRegion first = target["swapped"];
        TargetRegion second = target["second"];
        Assert.Equal([first.Expect["area"], second.Expect["area"]], ReadAreas());
        Assert.All(TargetPages.Read(first).Pick(first["swapped"]), page => Assert.Equal((0, first.Expect["area"]), (page.SwapType!.Value, page.SwapFile)));
        Assert.All(TargetPages.Read(second).Pick(second["swapped"]), page => Assert.Equal((1, second.Expect["area"]), (page.SwapType!.Value, page.SwapFile)));
        UssVersusSmaps.Check(target.ProcessId);

        // The first area is now off. The second retains its type and is the only area in /proc/swaps.
        target.Next().Stop();
        Assert.All(TargetPages.Read(target["swapped"]), page => Assert.Equal(PageState.Present, page.State));
        Assert.All(TargetPages.Read(second).Pick(second["swapped"]), page => Assert.Equal((PageState.Swapped, 1, second.Expect["area"]), (page.State, page.SwapType!.Value, page.SwapFile)));
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact]
    public void SwappedSharedMemoryIsDistinguishedFromHoles()
    {
        Require.MapFiles();
        using TargetProcess target = TargetProcess.Start("shared-swapped").Stop();
        TargetRegion region = target["shared-swapped"];
        ProcessPageInfo[] pages = TargetPages.Read(region, resolveShared: true);

        // Before cachestat (6.5), nothing distinguishes a page in the swap cache from one in the page cache.
        int[] doubtful = Environment.OSVersion.Version < new Version(6, 5) ? region["swap-cache"] : [];
        Assert.All(pages.Pick(region["swapped"].Except(doubtful)), page => Assert.Equal(PageState.SwappedShared, page.State));
        Assert.All(pages.Pick(region["mapped"]), page => Assert.Equal(PageState.Present, page.State));
        Assert.All(pages.Pick(region["hole"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        UssVersusSmaps.Check(target.ProcessId);
        Require.That(!(region.Expect["area"] == "existing"), "SwapArea", "the active swap area is not the target's to switch off");
        target.Next().Stop();
        Assert.All(TargetPages.Read(target["shared-swapped"], resolveShared: true).Pick(target["shared-swapped"]["zapped"]), page => Assert.Equal(PageState.NotMapped, page.State));
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Theory]
    [InlineData("memfd")]
    [InlineData("posix-shm")]
    [InlineData("sysv-shm")]
    [InlineData("sysv-shm-first")]
    [InlineData("tmpfs-file")]
    [InlineData("tmpfs-file", "detached=1")]
    [InlineData("file-shared", "dir=/dev/shm")]
    [InlineData("file-shared", "dir=/dev/shm", "overlay=1")]
    public void SwapOfSharedMemoryEqualsThatOfSmaps(string kind, params string[] options)
    {
        Require.MapFiles();

        // This process adds a swap area, and zswap if the kernel has it, so that no page stays in the swap cache.
        using TargetProcess area = TargetProcess.Start("shared-swapped", "pages=16");
        using TargetProcess target = TargetProcess.Start(kind, ["pages=64", "written=0-63", "read=none", .. options]);
        PageOut.SwapOutRegion(target[kind]);
        target.Stop();
        Assert.Equal(target[kind].Length, UssVersusSmaps.ReadSmaps(target[kind])["Swap"]);
        UssVersusSmaps.Check(target.ProcessId);
        ProcessPageInfo[] pages = TargetPages.Read(target[kind], resolveShared: true);
        Require.That(!(Environment.OSVersion.Version < new Version(6, 5) && pages.Any(page => page.State == PageState.NotMapped)), "SwapArea", "pages are still in the swap cache, and before cachestat (6.5) nothing distinguishes them from the page cache");
        Assert.All(pages, page => Assert.Equal(PageState.SwappedShared, page.State));
    }

    [Theory]
    [InlineData("memfd", "written=0-63", "read=none")]
    [InlineData("file-shared", "written=0-63", "read=none", "dir=/dev/shm", "overlay=1")]
    [InlineData("file-private", "written=0-31", "read=32-63", "dir=/dev/shm")]
    [InlineData("file-private", "written=0-31", "read=32-63", "dir=/dev/shm", "overlay=1")]
    public void SwapEqualsThatOfSmapsDespiteTheSwapCache(string kind, params string[] options)
    {
        Require.MapFiles();
        Require.PageFrameNumbers();
        using TargetProcess area = TargetProcess.Start("shared-swapped", "pages=16", "zswap=0");
        using TargetProcess target = TargetProcess.Start(kind, ["pages=64", .. options]);
        PageOut.SwapOutRegion(target[kind]);
        target.Stop();
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact]
    public void SwapBehindAPrivateMappingEqualsThatOfSmaps()
    {
        Require.MapFiles();
        Require.PageFrameNumbers();
        using TargetProcess area = TargetProcess.Start("shared-swapped", "pages=16");
        using TargetProcess target = TargetProcess.Start("file-private", "dir=/dev/shm", "pages=32", "written=0-7", "read=8-31");
        PageOut.SwapOutRegion(target["file-private"]);
        target.Stop();
        ProcessPageInfo[] pages = TargetPages.Read(target["file-private"]);
        Assert.All(pages[..8], page => Assert.Equal(PageState.Swapped, page.State));
        Assert.All(pages[8..], page => Assert.Equal(PageState.Unpopulated, page.State));
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact]
    public void APrivateCopyReplacesTheSwappedSharedPage()
    {
        Require.MapFiles();
        using TargetProcess area = TargetProcess.Start("shared-swapped", "pages=16");
        using TargetProcess target = TargetProcess.Start("file-private", "dir=/dev/shm", "pages=32", "written=0-31", "read=none").Stop();
        using OwnPages shared = OwnPages.MapShared(target["file-private"].Expect["path"], 32);
        PageOut.SwapOutUntil(Environment.ProcessId, shared.Start, 32 * (long)KernelFile.PageSize, () =>
            KernelFile.ReadPagemap(Environment.ProcessId, shared.Start, 32).All(entry => (entry & PagemapBits.Present) == 0));
        Assert.Equal(0, UssVersusSmaps.ReadSmaps(target["file-private"])["Swap"]);
        UssVersusSmaps.Check(target.ProcessId);
    }

    private static string[] ReadAreas() => [.. File.ReadLines("/proc/swaps").Skip(1).Select(line => line.Split((char[]?)null)[0])];
}
