using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Live;

[Collection(MachineSettings.Name)]
[Trait("Tier", "Privileged")]
public sealed class HugePagesTests(SharedTargets targets) : IClassFixture<SharedTargets>
{
    [Fact]
    public void PagesOfTransparentHugePagesHaveTheirOwnFrames()
    {
        Require.PageFrames();
        TargetProcess target = targets["thp"];
        ProcessPageInfo[] whole = TargetPages.Read(target["whole"]);
        Assert.All(whole, AssertWritten);
        Assert.All(whole, page => Assert.True(page.Flags!.Value.HasFlag(KPageFlags.THP)));
        Assert.Equal(Enumerable.Range(0, whole.Length).Select(i => whole[0].Pfn!.Value + (ulong)i), whole.Select(page => page.Pfn!.Value));
        Assert.Equal(0UL, whole[0].Pfn!.Value % (ulong)whole.Length);
        foreach (string name in (string[])["split-writable", "split-read-only", "partly-unmapped"])
        {
            Assert.All(TargetPages.Read(target[name]), AssertWritten);
        }

        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact]
    public void PagesCutOutOfAHugePageAreUnpopulated()
    {
        using TargetProcess target = TargetProcess.Start("thp", "shmem=0").Stop();
        ProcessPageInfo[] pages = TargetPages.Read(target["partly-zapped"]);
        Assert.All(pages.Pick(target["partly-zapped"]["zapped"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        Assert.All(pages.Pick(target["partly-zapped"]["written"]), AssertWritten);
        target.Next().Stop();
        ProcessPageInfo[] whole = TargetPages.Read(target["whole"]);
        Assert.Equal(PageState.Unpopulated, whole[1].State);
        Assert.All(whole.Pick(target["whole"]["written"]), AssertWritten);
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact]
    public void AHugePageOfSharedMemoryIsExclusiveSharedMemory()
    {
        TargetProcess target = targets["thp"];
        Require.That(target.HasRegion("shmem"), "ShmemHugePages", "this kernel does not collapse shared memory into a huge page");
        Assert.All(TargetPages.Read(target["shmem"]), page => Assert.Equal((PageState.Present, true, true), (page.State, page.IsFileOrSharedAnon, page.IsExclusive)));
    }

    [Fact]
    public void PagesOfMultiSizeFoliosArePresent()
    {
        using TargetProcess target = TargetProcess.Start("mthp").Stop();
        Assert.All(TargetPages.Read(target["mthp"]), AssertWritten);
        ProcessPageInfo[] zapped = TargetPages.Read(target["zapped"]);
        Assert.Equal(target["zapped"]["zapped"], Enumerable.Range(0, zapped.Length).Where(page => zapped[page].State == PageState.Unpopulated));
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Theory]
    [InlineData("device=0")]
    [InlineData("device=1")]
    public void TheHugeZeroPageIsNotResident(string device)
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("huge-zero", device).Stop();
        Assert.All(TargetPages.Read(target["huge-zero"]), page =>
        {
            Assert.Equal((PageState.Present, false), (page.State, page.IsExclusive));
            Assert.True(page.Flags!.Value.HasFlag(KPageFlags.ZERO_PAGE));
        });
        foreach (UssMethod method in UssVersusSmaps.GetMethods())
        {
            MappingUss uss = UssVersusSmaps.MeasureRegion(target["huge-zero"], method);
            Assert.Equal((0L, 0L), (uss.Uss!.Value, uss.Rss!.Value));
        }

        UssVersusSmaps.Check(target.ProcessId);
        target.Next().Stop();
        AssertWritten(TargetPages.Read(target["huge-zero"])[0]);
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact]
    public void PrivateHugetlbPagesCountAsHugetlbAndUssNotRss()
    {
        using TargetProcess target = TargetProcess.Start("hugetlb-private").Stop();
        TargetRegion region = target["hugetlb-private"];
        ProcessPageInfo[] pages = TargetPages.Read(region);
        int perHuge = int.Parse(region.Expect["huge-page-size"]) / Environment.SystemPageSize;
        for (int page = 0; page < pages.Length; page++)
        {
            bool isTouched = page / perHuge < 2;
            Assert.Equal(isTouched ? PageState.Present : PageState.Unpopulated, pages[page].State);
            Assert.True(!isTouched || pages[page].Flags is null || pages[page].Flags!.Value.HasFlag(KPageFlags.HUGE));
        }

        Assert.All(Enum.GetValues<UssMethod>().Intersect(UssVersusSmaps.GetMethods()), method =>
        {
            MappingUss uss = UssVersusSmaps.MeasureRegion(region, method);
            Assert.Equal((2L * perHuge * Environment.SystemPageSize, uss.Hugetlb, 0L), (uss.Hugetlb, uss.Uss!.Value, uss.Rss!.Value));
        });
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Theory]
    [InlineData("memfd")]
    [InlineData("sysv")]
    [InlineData("unmounted")]
    public void OnlyUnsharedHugetlbPagesCountInUss(string of)
    {
        using TargetProcess target = TargetProcess.Start("hugetlb-shared", $"of={of}").Stop();
        long size = long.Parse(target["parent"].Expect["huge-page-size"]);
        foreach (string name in (string[])["parent", "child"])
        {
            foreach (UssMethod method in UssVersusSmaps.GetMethods())
            {
                MappingUss uss = UssVersusSmaps.MeasureRegion(target[name], method);
                Assert.Equal((2 * size, size), (uss.Hugetlb, uss.Uss!.Value));
            }

            UssVersusSmaps.Check(target[name].ProcessId);
        }
    }

    [Fact]
    public void HugetlbPagesBehindSharedPageTablesAreNotInUss()
    {
        using TargetProcess target = TargetProcess.Start("hugetlb-shared", "reserve=2GiB").Stop();
        Smaps kernel = UssVersusSmaps.ReadSmaps(target["parent"]);
        Require.That(kernel["Shared_Hugetlb"] == kernel.Hugetlb, "SharedPageTables", "this kernel shares no page tables");
        foreach (string name in (string[])["parent", "child"])
        {
            Assert.All(UssVersusSmaps.GetMethods(), method => Assert.Equal(0, UssVersusSmaps.MeasureRegion(target[name], method).Uss));
            UssVersusSmaps.Check(target[name].ProcessId);
        }
    }

    [Fact]
    public void UntouchedHugetlbPagesAreNotSwapped()
    {
        Require.MapFiles();
        using TargetProcess swapped = TargetProcess.Start("swapped", "pages=16");
        using TargetProcess target = TargetProcess.Start("hugetlb-shared").Stop();
        Assert.All(TargetPages.Read(target["parent"], resolveShared: true), page => Assert.NotEqual(PageState.SwappedShared, page.State));
        UssVersusSmaps.Check(target.ProcessId);
    }

    private static void AssertWritten(ProcessPageInfo page)
    {
        Assert.Equal((PageState.Present, true, false), (page.State, page.IsExclusive, page.IsFileOrSharedAnon));
        Assert.True(page.MapCount is null or 1);
        Assert.True(page.Flags is null || page.Flags.Value.HasFlag(KPageFlags.ANON));
    }
}
