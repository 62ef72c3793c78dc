using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Live;

[Trait("Tier", "Live")]
public sealed class SoftDirtyTests
{
    private static readonly ProcRoot s_root = new("/proc");

    [Fact]
    public void IsSupportedEqualsWhatAWrittenPageShows() => Assert.Equal(SupportAgreement.KeepsSoftDirty(), new SoftDirty(s_root).IsSupported);

    [Fact]
    public void AFailedProbeDoesNotBlameTheKernel()
    {
        using FakeProc tree = new FakeProc().WriteText("empty", string.Empty).WriteText("directory/file", string.Empty);
        foreach ((string name, int errno) in new[] { ("absent", 2), ("directory", 0), ("empty", 0) })
        {
            ProcfsException failure = Assert.Throws<ProcfsException>(() => SoftDirty.Probe(tree.GetPath(name)));
            Assert.Equal((ProcfsError.ReadFailed, errno), (failure.Error, failure.ErrorNumber));
            Assert.Contains(tree.GetPath(name), failure.Message, StringComparison.Ordinal);
            Assert.Contains("probe for soft-dirty bits failed", failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("CONFIG_MEM_SOFT_DIRTY", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ClearThrowsOnAKernelWithoutSoftDirtyBits()
    {
        Require.NoSoftDirty();
        ProcfsException failure = Assert.Throws<ProcfsException>(() => new SoftDirty(s_root).Clear(Environment.ProcessId));
        Assert.Equal(ProcfsError.SoftDirtyNotSupported, failure.Error);
        Assert.Contains("CONFIG_MEM_SOFT_DIRTY", failure.Message, StringComparison.Ordinal);
        using TargetProcess target = TargetProcess.Start("soft-dirty").Stop();
        Assert.All(TargetPages.Read(target["soft-dirty"]), page => Assert.Null(page.IsSoftDirty));
    }

    [Fact]
    public void OnlyPagesWrittenAfterAClearAreSoftDirty()
    {
        Require.SoftDirty();
        using TargetProcess target = TargetProcess.Start("soft-dirty").Stop();
        Assert.All(TargetPages.Read(target["soft-dirty"]), page => Assert.True(page.IsSoftDirty));
        new SoftDirty(s_root).Clear(target.ProcessId);
        Assert.All(TargetPages.Read(target["soft-dirty"]), page => Assert.False(page.IsSoftDirty));
        target.Next("3,10-20,63").Stop();
        ProcessPageInfo[] pages = TargetPages.Read(target["soft-dirty"]);
        Assert.Equal([3, .. Enumerable.Range(10, 11), 63], Enumerable.Range(0, pages.Length).Where(page => pages[page].IsSoftDirty == true));
    }

    [Fact]
    public void AFilterMatchesSoftDirtyPages()
    {
        Require.SoftDirty();
        using TargetProcess target = TargetProcess.Start("soft-dirty").Stop();
        new SoftDirty(s_root).Clear(target.ProcessId);
        target.Next("7").Stop();
        using ProcessAddressSpace process = ProcessAddressSpace.Open(s_root, target.ProcessId);
        ProcessPageQuery query = new() { Walk = new PageWalkOptions { Addresses = [target["soft-dirty"].Range] }, Entries = new EntryFilter { IsSoftDirty = true } };
        (List<ProcessPageInfo> pages, _) = Walks.ReadPages(s_root, process, query);
        Assert.Equal(target["soft-dirty"].Start + (7 * KernelFile.PageSize), Assert.Single(pages).Address);
    }

    [Fact]
    public void AChildHasItsOwnSoftDirtyBits()
    {
        Require.SoftDirty();
        using TargetProcess target = TargetProcess.Start("fork").Stop();
        new SoftDirty(s_root).Clear(target.ProcessId);
        new SoftDirty(s_root).Clear(target.Children[0]);
        Assert.All(TargetPages.Read(target["child"]).Concat(TargetPages.Read(target["parent"])), page => Assert.False(page.IsSoftDirty));
        target.Next().Stop();
        ProcessPageInfo[] child = TargetPages.Read(target["child"]);
        Assert.Equal(target["child"]["exclusive"], Enumerable.Range(0, child.Length).Where(page => child[page].IsSoftDirty == true));
        Assert.All(TargetPages.Read(target["parent"]), page => Assert.False(page.IsSoftDirty));
    }

    [Fact]
    public void ClearReportsAnExitedProcess()
    {
        Require.SoftDirty();
        int beyond = int.Parse(File.ReadAllText("/proc/sys/kernel/pid_max")) + 1;
        Assert.Equal(ProcfsError.ProcessNotFound, Assert.Throws<ProcfsException>(() => new SoftDirty(s_root).Clear(beyond)).Error);
        using TargetProcess target = TargetProcess.Start("zombie");
        Assert.Equal(ProcfsError.NoAddressSpace, Assert.Throws<ProcfsException>(() => new SoftDirty(s_root).Clear(target.Children[0])).Error);
    }
}
