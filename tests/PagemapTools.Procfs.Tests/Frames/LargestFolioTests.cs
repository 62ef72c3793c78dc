using PagemapTools.Procfs.Cells;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.MemoryUse;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Procfs.Tests.Frames;

/// <summary>
/// Page frames of a folio that a PMD maps, as Linux 6.1 shows them: only the first has the use and the cgroup. PageSizeTests runs these tests with
/// larger pages, where such a folio has 32 or 512 MiB.
/// </summary>
[Trait("Tier", "Unit")]
public sealed class LargestFolioTests : IDisposable
{
    private const ulong Head = (1UL << 3) | (1UL << 5) | (1UL << 14) | (1UL << 15) | (1UL << 22);
    private const ulong Tail = (1UL << 16) | (1UL << 22);
    private const ulong Slab = 1UL << 7;

    // A page table has an entry of 8 bytes for each page.
    private static readonly int s_folioFrames = (int)KernelFile.PageSize / sizeof(ulong);

    private readonly FakeProc _tree = new();
    private readonly ProcfsContext _procfs;

    public LargestFolioTests()
    {
        // The folio is aligned to its size, as the buddy allocator aligns it.
        ulong[] others = new ulong[s_folioFrames];
        others.AsSpan().Fill(Slab);
        ulong[] tails = new ulong[s_folioFrames - 1];
        tails.AsSpan().Fill(Tail);
        _tree.WriteEntries("kpageflags", 0, [.. others, Head, .. tails, Slab])
            .WriteEntries("kpagecount", 0, new ulong[(2 * s_folioFrames) + 1])
            .WriteEntries("kpagecgroup", 0, [.. new ulong[s_folioFrames], 7, .. new ulong[s_folioFrames]]);
        _procfs = new ProcfsContext(_tree.Root);
    }

    public void Dispose()
    {
        _procfs.Dispose();
        _tree.Dispose();
    }

    [Fact]
    public void ASummaryCountsItWhole()
    {
        Assert.Equal(
            [(PageUse.SharedMemory, s_folioFrames), (PageUse.Slab, s_folioFrames + 1L)],
            _procfs.MeasureKPageKinds(cancellationToken: TestContext.Current.CancellationToken).Select(kind => (kind.Kind, kind.PageCount)));
        Assert.Equal(s_folioFrames * (long)KernelFile.PageSize, _procfs.MeasureKPageCgroups(cancellationToken: TestContext.Current.CancellationToken).Single(cgroup => cgroup.CgroupInode == 7).Shmem);
    }

    [Theory]
    [InlineData(PageCellKey.Kind, "SharedMemory")]
    [InlineData(PageCellKey.Cgroup, "cgroup 7 (removed)")]
    public void AMapShowsItWhole(PageCellKey by, string category)
    {
        PageCellMap map = _procfs.ReadFrameCells(null, new PageCellQuery { By = by }, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(s_folioFrames, map.Legend.Single(each => each.Name == category).PageCount);
    }

    [Fact]
    public void ASnapshotHasOneUseAndOneCgroupOfIt()
    {
        IEnumerable<FrameRun> folio = new FrameRunReader(_procfs).Read(TestContext.Current.CancellationToken).Where(run => run.Flags != Slab);

        Assert.Equal(
            [(s_folioFrames, 1, PageUse.SharedMemory, 7UL), (s_folioFrames + 1, s_folioFrames - 1, PageUse.SharedMemory, 7UL)],
            folio.Select(run => ((int)run.Pfn, (int)run.Count, run.Use, run.Cgroup!.Value)));
    }
}
