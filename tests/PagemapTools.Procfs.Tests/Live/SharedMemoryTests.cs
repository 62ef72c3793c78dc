using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Live;

[Trait("Tier", "Privileged")]
public sealed class SharedMemoryTests(SharedTargets targets) : IClassFixture<SharedTargets>
{
    [Theory]
    [InlineData("memfd", "/memfd:test", true, MappingKind.SharedMemory)]
    [InlineData("posix-shm", "/dev/shm/", false, MappingKind.SharedMemory)]
    [InlineData("sysv-shm", "/SYSV00000000", true, MappingKind.SharedMemory)]
    [InlineData("sysv-shm-first", "/SYSV00000000", true, MappingKind.SharedMemory)]
    [InlineData("tmpfs-file", "/", false, MappingKind.SharedMemory)]
    public void TouchedPagesArePresentAndShared(string kind, string path, bool isDeleted, MappingKind mappingKind)
    {
        using TargetProcess target = TargetProcess.Start(kind).Stop();
        TargetRegion region = target[kind];
        ProcessPageInfo[] pages = TargetPages.Read(region);
        Assert.All(pages.Pick(region["written"]), page =>
        {
            Assert.Equal(PageState.Present, page.State);
            Assert.True(page.IsFileOrSharedAnon);
            Assert.True(page.IsExclusive);
            Assert.True(page.MapCount is null or 1);
            Assert.True(page.Flags is null || (page.Flags.Value & (KPageFlags.SWAPBACKED | KPageFlags.ANON)) == KPageFlags.SWAPBACKED);
        });
        MemoryMapping mapping = pages[0].Mapping;
        Assert.StartsWith(path, mapping.Path, StringComparison.Ordinal);
        Assert.Equal((isDeleted, mappingKind, true), (mapping.IsDeleted, mapping.Kind, mapping.IsShared));
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Theory]
    [InlineData("memfd")]
    [InlineData("posix-shm")]
    [InlineData("sysv-shm")]
    [InlineData("sysv-shm-first")]
    [InlineData("tmpfs-file")]
    public void PagesThatTheChildAlsoTouchesAreNotExclusive(string kind)
    {
        using TargetProcess target = TargetProcess.Start(kind, "child=1").Stop();
        ProcessPageInfo[] parent = TargetPages.Read(target[kind]);
        ProcessPageInfo[] child = TargetPages.Read(target[$"{kind}-child"]);
        foreach (int page in target[kind]["written"])
        {
            Assert.Equal((PageState.Present, PageState.Present), (parent[page].State, child[page].State));
            Assert.Equal(parent[page].Pfn, child[page].Pfn);
            Assert.False(parent[page].IsExclusive);
            Assert.False(child[page].IsExclusive);
            Assert.True(parent[page].MapCount is null or 2);
        }

        UssVersusSmaps.Check(target.ProcessId);
        UssVersusSmaps.Check(target.Children[0]);
    }

    [Fact]
    public void APageThatOneProcessMapsTwiceHasMapCount2()
    {
        using TargetProcess target = TargetProcess.Start("mapped-twice").Stop();
        ProcessPageInfo[] first = TargetPages.Read(target["first"]);
        ProcessPageInfo[] second = TargetPages.Read(target["second"]);
        Assert.Equal(first[0].Pfn, second[0].Pfn);
        Assert.Equal((false, false, true), (first[0].IsExclusive, second[0].IsExclusive, first[1].IsExclusive));
        Assert.True(first[0].MapCount is null or 2);
        Assert.True(first[1].MapCount is null or 1);
        Assert.Equal((PageState.Present, PageState.Unpopulated), (first[1].State, second[1].State));
        UssVersusSmaps.Check(target.ProcessId);
        target.Next().Stop();
        Assert.False(TargetPages.Read(target["first"])[1].IsExclusive);
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact]
    public void AZappedPageIsNotMappedAndAHoleIsUnpopulated()
    {
        Require.MapFiles();
        using TargetProcess target = TargetProcess.Start("shared-zapped").Stop();
        TargetRegion region = target["shared-zapped"];
        ProcessPageInfo[] pages = TargetPages.Read(region, resolveShared: true);
        Assert.All(pages.Pick(region["zapped"]), page => Assert.Equal((PageState.NotMapped, 0UL), (page.State, page.RawEntry & ~PagemapBits.SoftDirty)));
        Assert.All(pages.Pick(region["mapped"]), page => Assert.Equal(PageState.Present, page.State));
        Assert.All(pages.Pick(region["hole"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        Assert.All(TargetPages.Read(region).Pick(region["zapped"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        UssVersusSmaps.Check(target.ProcessId);
        target.Next().Stop();
        Assert.Equal(PageState.Present, TargetPages.Read(target["shared-zapped"], resolveShared: true)[0].State);
    }

    [Theory]
    [InlineData("holes=no", "overlay=0")]
    [InlineData("holes=yes", "overlay=0")]
    [InlineData("holes=no", "overlay=1")]
    public void CachedPagesOfAnUntouchedFileAreNotMapped(string holes, string overlay)
    {
        Require.MapFiles();
        using TargetProcess target = TargetProcess.Start("file-untouched", holes, overlay).Stop();
        TargetRegion region = target["file-untouched"];
        Require.That(region["uncached"].Length > 0, "DiskFile", "the file's system keeps every page in the page cache");
        ProcessPageInfo[] pages = TargetPages.Read(region, resolveShared: true);
        Assert.All(pages.Pick(region["cached"]), page => Assert.Equal(PageState.NotMapped, page.State));
        Assert.All(pages.Pick(region["uncached"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        target.Next().Stop();
        Assert.All(TargetPages.Read(target["file-untouched"], resolveShared: true), page => Assert.Equal(PageState.NotMapped, page.State));
    }

    [Theory]
    [InlineData(PageState.NotMapped, 8)]
    [InlineData(PageState.Present, 4)]
    [InlineData(PageState.Unpopulated, 4)]
    public void AFilterMatchesResolvedStates(PageState state, int count)
    {
        Require.MapFiles();
        TargetProcess target = targets["shared-zapped"];
        using ProcessAddressSpace process = ProcessAddressSpace.Open(new ProcRoot("/proc"), target.ProcessId);
        ProcessPageQuery query = new()
        {
            Walk = new PageWalkOptions { Addresses = [target["shared-zapped"].Range] },
            Entries = new EntryFilter { States = [state] },
            ResolveShared = true,
        };
        (List<ProcessPageInfo> pages, _) = Walks.ReadPages(new ProcRoot("/proc"), process, query);
        Assert.Equal(count, pages.Count);
        Assert.All(pages, page => Assert.Equal(state, page.State));
    }
}
