using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Live;

[Trait("Tier", "Privileged")]
public sealed class AnonymousPagesTests(SharedTargets targets) : IClassFixture<SharedTargets>
{
    [Fact]
    public void WrittenPagesAreExclusive()
    {
        TargetProcess target = targets["anon"];
        TargetRegion region = target["anon"];
        ProcessPageInfo[] pages = TargetPages.Read(region);
        Assert.All(pages.Pick(region["written"]), AssertPrivate);
        Assert.All(pages.Pick(region["untouched"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        Assert.Equal(region["written"].Length, pages.Count(page => page.State == PageState.Present));
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact]
    public void WrittenPagesAreAnonymous()
    {
        Require.PageFrames();
        TargetProcess target = targets["anon"];
        ProcessPageInfo[] pages = [.. TargetPages.Read(target["anon"]).Pick(target["anon"]["written"])];
        Assert.Equal(pages.Length, pages.Select(page => page.Pfn).Distinct().Count());
        Assert.All(pages, page => Assert.Equal(KPageFlags.ANON | KPageFlags.MMAP | KPageFlags.SWAPBACKED, page.Flags & (KPageFlags.ANON | KPageFlags.MMAP | KPageFlags.SWAPBACKED | KPageFlags.ZERO_PAGE | KPageFlags.HUGE)));
        Assert.All(pages, page => Assert.Equal(KernelFeatures.HasTrueKsmFlag == false, page.Flags!.Value.HasFlag(KPageFlags.KSM)));
        Assert.All(pages, page => Assert.Equal(1UL, page.MapCount));
    }

    [Fact]
    public void ReadPagesAreTheZeroPage()
    {
        Require.PageFrames();
        Require.ZeroPage();
        TargetProcess target = targets["anon-read"];
        TargetRegion region = target["anon-read"];
        ProcessPageInfo[] pages = TargetPages.Read(region);
        ProcessPageInfo[] read = [.. pages.Pick(region["read"])];
        Assert.Single(read.Select(page => page.Pfn).Distinct());
        Assert.All(read, page =>
        {
            Assert.Equal(PageState.Present, page.State);
            Assert.False(page.IsExclusive);
            Assert.False(page.IsFileOrSharedAnon);
            Assert.True(page.Flags?.HasFlag(KPageFlags.ZERO_PAGE));
            Assert.Equal(0UL, page.MapCount);
        });
        Assert.All(pages.Pick(region["untouched"]), page => Assert.Equal(PageState.Unpopulated, page.State));
    }

    [Fact]
    public void TheZeroPageIsNotResident()
    {
        Require.ZeroPage();
        Require.PageFrames();
        TargetProcess target = targets["anon-read"];
        MappingUss uss = UssVersusSmaps.MeasureRegion(target["anon-read"], UssMethod.Exclusive);
        Assert.Equal((0L, 0L, 0L), (uss.Uss!.Value, uss.Rss!.Value, uss.Swap!.Value));
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact]
    public void WriteReplacesTheZeroPage()
    {
        Require.ZeroPage();
        using TargetProcess target = TargetProcess.Start("anon-read").Next("0-3").Stop();
        TargetRegion region = target["anon-read"];
        ProcessPageInfo[] pages = TargetPages.Read(region);
        Assert.All(pages.Pick(region["written"]), AssertPrivate);
        Assert.All(pages.Pick(region["read"]), page => Assert.False(page.IsExclusive));
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact]
    public void ProtectedMemoryKeepsItsPages()
    {
        using TargetProcess target = TargetProcess.Start("prot-none", "size=64MiB").Stop();
        Assert.All(TargetPages.Read(target["reserved"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        Assert.All(TargetPages.Read(target["written-then-none"]), AssertPrivate);
        Assert.All(TargetPages.Read(target["written-then-none"]), page => Assert.Equal("---p", page.Mapping.Permissions));
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact]
    public void LockedPagesHaveTheMlockedFlag()
    {
        Require.PageFrames();
        TargetProcess target = targets["mlocked"];
        ProcessPageInfo[] locked = TargetPages.Read(target["mlocked"]);
        ProcessPageInfo[] onFault = TargetPages.Read(target["on-fault"]);
        Assert.All(locked.Concat(onFault.Pick(target["on-fault"]["written"])), page =>
        {
            AssertPrivate(page);
            Assert.True(((KPageFlags)page.RawFlags!.Value).HasFlag(KPageFlags.MLOCKED));
            Assert.False(page.Flags!.Value.HasFlag(KPageFlags.MLOCKED));
        });
        Assert.Equal(target["on-fault"]["written"].Length, onFault.Count(page => page.State == PageState.Present));
    }

    private static void AssertPrivate(ProcessPageInfo page)
    {
        Assert.Equal(PageState.Present, page.State);
        Assert.True(page.IsExclusive);
        Assert.False(page.IsFileOrSharedAnon);
        Assert.True(page.MapCount is null or 1);
    }
}
