using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.MemoryUse;

namespace PagemapTools.Procfs.Tests.MemoryUse;

/// <summary>Page frames by their use, on files with known words.</summary>
[Trait("Tier", "Unit")]
public sealed class MemoryUseMeasurementTests : IDisposable
{
    private const ulong Anonymous = (1UL << 3) | (1UL << 5) | (1UL << 12) | (1UL << 14);
    private const ulong File = (1UL << 3) | (1UL << 5);
    private const ulong Shmem = File | (1UL << 14);
    private const ulong SwapCache = 1UL << 13;
    private const ulong Free = 1UL << 10;
    private const ulong Slab = 1UL << 7;
    private const ulong PageTable = 1UL << 26;
    private const ulong Head = 1UL << 15;
    private const ulong Tail = 1UL << 16;
    private const ulong Thp = 1UL << 22;

    private static readonly long s_page = (long)KernelFile.PageSize;

    private readonly FakeProc _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void KindsAddUpToAllPageFrames()
    {
        Write([Anonymous, Anonymous, File, Shmem, Free, Free, Free, Slab, PageTable, 0, 1UL << 32, 1UL << 20, Anonymous | SwapCache, (1UL << 17) | Head], new ulong[14]);
        using ProcfsContext procfs = new(_tree.Root);

        Assert.Equal(
            [(PageUse.Free, 3L), (PageUse.PageCache, 1), (PageUse.SharedMemory, 1), (PageUse.SwapCache, 1), (PageUse.Anonymous, 2), (PageUse.Hugetlb, 1), (PageUse.PageTable, 1), (PageUse.Slab, 1), (PageUse.Kernel, 1), (PageUse.Reserved, 1), (PageUse.NotMemory, 1)],
            procfs.MeasureKPageKinds(cancellationToken: TestContext.Current.CancellationToken).Select(kind => (kind.Kind, kind.PageCount)));
    }

    [Fact]
    public void FiltersSelectThePageFramesOfASummary()
    {
        Write([Anonymous, File, Shmem, Free], new ulong[4]);
        using ProcfsContext procfs = new(_tree.Root);

        KPageKindSummary only = Assert.Single(procfs.MeasureKPageKinds(new FlagFilter { AllOf = KPageFlags.ANON }, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal((PageUse.Anonymous, 1L, s_page), (only.Kind, only.PageCount, only.Bytes));
    }

    [Fact]
    public void MemoryThatTheKernelDoesNotTrackIsUnknown()
    {
        int section = KernelFile.SectionFrames;
        _tree.WriteEntries("kpageflags", 0, Free).WriteEntries("kpageflags", (ulong)((2 * section) - 1), 0, Slab);
        using ProcfsContext procfs = new(_tree.Root);

        Assert.Equal(
            [(PageUse.Unknown, (long)section), (PageUse.Free, 1), (PageUse.Slab, 1), (PageUse.Kernel, section - 1)],
            procfs.MeasureKPageKinds(cancellationToken: TestContext.Current.CancellationToken).Select(kind => (kind.Kind, kind.PageCount)));
    }

    [Fact]
    public void LaterPageFramesOfAFolioAreLikeTheFirst()
    {
        // As Linux 6.1 shows a huge page of shared memory, and an anonymous one.
        Write([Shmem | Head | Thp, Tail | Thp, Tail | Thp, Anonymous | Head | Thp, (1UL << 12) | Tail | Thp, Tail, Head, Tail], [7, 0, 0, 8, 0, 0, 0, 0]);
        using ProcfsContext procfs = new(_tree.Root);

        Assert.Equal(
            [(PageUse.SharedMemory, 3L), (PageUse.Anonymous, 3), (PageUse.Kernel, 2)],
            procfs.MeasureKPageKinds(cancellationToken: TestContext.Current.CancellationToken).Select(kind => (kind.Kind, kind.PageCount)));
        Assert.Equal(
            [(7UL, 3 * s_page, 0L), (8UL, 0, 3 * s_page), (0UL, 0, 0)],
            MeasureCgroups(procfs).OrderByDescending(cgroup => cgroup.Bytes).ThenByDescending(cgroup => cgroup.Shmem).Select(cgroup => (cgroup.CgroupInode, cgroup.Shmem, cgroup.Anonymous)));
    }

    [Fact]
    public void ColumnsOfACgroupAddUp()
    {
        Write(
            [Anonymous, Anonymous | SwapCache, Shmem | SwapCache, File, Shmem, Slab, PageTable, 0, Free, 1UL << 20, File],
            [5, 5, 5, 5, 5, 5, 5, 5, 0, 0, 6]);
        using ProcfsContext procfs = new(_tree.Root);

        KPageCgroupSummary[] cgroups = MeasureCgroups(procfs);

        Assert.Equal([5UL, 6UL], cgroups.Select(cgroup => cgroup.CgroupInode));
        KPageCgroupSummary five = cgroups[0];
        Assert.Equal(
            [8, 2, 1, 1, 1, 1, 2],
            new[] { five.Bytes, five.Anonymous, five.File, five.Shmem, five.Slab, five.PageTables, five.Other }.Select(bytes => bytes / s_page));
    }

    [Fact]
    public void EqualsABruteForceCountOfRandomWords()
    {
        Random random = new(4711);
        ulong[] kinds = [Anonymous, File, Shmem, Free, Slab, PageTable, 0, Anonymous | SwapCache];
        ulong[] flags = [.. Enumerable.Range(0, 200_000).Select(_ => kinds[random.Next(kinds.Length)])];
        ulong[] cgroups = [.. flags.Select(_ => (ulong)random.Next(4))];
        Write(flags, cgroups);
        using ProcfsContext procfs = new(_tree.Root);

        foreach (KPageCgroupSummary cgroup in MeasureCgroups(procfs))
        {
            (ulong, ulong)[] own = [.. flags.Zip(cgroups).Where(frame => frame.Second == cgroup.CgroupInode && frame.First != Free)];
            Assert.Equal(own.Length, cgroup.PageCount);
            Assert.Equal(own.Count(frame => (frame.Item1 & (1UL << 12)) != 0), cgroup.Anonymous / s_page);
            Assert.Equal(own.Count(frame => frame.Item1 == File), cgroup.File / s_page);
            Assert.Equal(own.Count(frame => frame.Item1 == Shmem), cgroup.Shmem / s_page);
        }
    }

    [Fact]
    public void ASavedTreeHasNoNodes()
    {
        Write([Anonymous, Free], new ulong[2]);
        using ProcfsContext procfs = new(_tree.Root);

        KPageNodeSummary only = Assert.Single(procfs.MeasureKPageNodes(cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal((null, 2L, s_page, s_page), (only.Node, only.PageCount, only.Anonymous, only.Free));
    }

    private void Write(ulong[] flags, ulong[] cgroups) => _tree.WriteEntries("kpageflags", 0, flags).WriteEntries("kpagecgroup", 0, cgroups);

    private static KPageCgroupSummary[] MeasureCgroups(ProcfsContext procfs) => [.. procfs.MeasureKPageCgroups(cancellationToken: TestContext.Current.CancellationToken)];
}
