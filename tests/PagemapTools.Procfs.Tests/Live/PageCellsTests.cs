using PagemapTools.Procfs.Cells;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.MemoryUse;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Uss;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>The counts of all cells, compared with smaps_rollup and page-types.</summary>
[Collection(MachineSettings.Name)]
[Trait("Tier", "Privileged")]
public sealed class PageCellsTests
{
    // Small, so that cells have many pages of several kinds.
    private const int MaxCells = 100;

    [Theory]
    [InlineData("dense", "size=64MiB")]
    [InlineData("fork", "pages=5000")]
    [InlineData("file-private", "pages=4096 read=0-2047 written=2048-4095")]
    [InlineData("file-shared", "pages=512 read=0-255 written=256-511 child=1")]
    [InlineData("anon-read", "")]
    [InlineData("huge-zero", "")]
    [InlineData("thp", "")]
    [InlineData("mthp", "")]
    [InlineData("ksm", "")]
    [InlineData("swapped", "")]
    [InlineData("scattered", "pages=2048")]
    [InlineData("many-mappings", "count=20000 written=1")]
    public void StatesEqualSmapsRollup(string name, string options)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory(name, options.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Stop();
        foreach (int processId in target.Children.Prepend(target.ProcessId))
        {
            Stable.Until(() => Smaps.ReadRollup(processId), kernel =>
            {
                PageCellMap map = Read(processId, PageCellKey.State);
                Assert.Equal(
                    (kernel.Uss, kernel["Rss"], kernel["Swap"]),
                    (Bytes(map, "Private"), Bytes(map, "Private") + Bytes(map, "Shared"), Bytes(map, "Swapped")));
                Assert.Equal(Measure(processId).Uss, Bytes(map, "Private"));
                Assert.Equal(map.Categories.Sum(category => category.PageCount), map.Sections.Sum(section => section.PageCount));
            });
        }
    }

    [Fact]
    public void MapCountsAndKindsEqualSmaps()
    {
        Require.ReadableFile("/proc/kpagecount");
        using TargetProcess target = TargetProcess.StartInKnownMemory("fork", "pages=5000").Stop();

        Stable.Until(() => Smaps.ReadRollup(target.ProcessId), kernel =>
        {
            Assert.Equal(kernel.Uss, Bytes(Read(target.ProcessId, PageCellKey.MapCount), "1"));
            Assert.Equal(kernel["Anonymous"], Bytes(Read(target.ProcessId, PageCellKey.Kind), "Anonymous"));
            Assert.Equal(kernel["Rss"], Read(target.ProcessId, PageCellKey.Cgroup).Categories.Where(category => category.IsPresent).Sum(category => category.Bytes));
        });
    }

    [Fact]
    public void FlagsOfAllMemoryEqualPageTypes()
    {
        Require.PageTypes();
        Require.ReadableFile("/proc/kpageflags");
        using FakeProc saved = new();
        using (FileStream copy = File.Create(saved.GetPath("kpageflags")))
        using (FileStream kpageflags = File.OpenRead("/proc/kpageflags"))
        {
            kpageflags.CopyTo(copy);
        }

        Dictionary<ulong, long> expected = PageTypes.Count(saved.GetPath("kpageflags"), raw: true);
        using ProcfsContext procfs = new(saved.Root, saved.GetPath("kpageflags"));

        foreach ((KPageFlags flag, int bit) in ((KPageFlags, int)[])[(KPageFlags.BUDDY, 10), (KPageFlags.SLAB, 7), (KPageFlags.THP, 22)])
        {
            PageCellMap map = procfs.ReadFrameCells(query: new PageCellQuery { By = PageCellKey.Flag, Flags = [flag], MaxCells = MaxCells }, cancellationToken: TestContext.Current.CancellationToken);

            Assert.Equal(
                expected.Where(row => (row.Key >> bit & 1) != 0 && (row.Key >> 20 & 1) == 0).Sum(row => row.Value),
                map.Categories.First(category => category.Name == flag.ToString()).PageCount);
            Assert.Equal(expected.Sum(row => row.Value), map.Categories.Sum(category => category.PageCount));
        }

        PageCellMap kinds = procfs.ReadFrameCells(cancellationToken: TestContext.Current.CancellationToken);
        Assert.All(
            procfs.MeasureKPageKinds(cancellationToken: TestContext.Current.CancellationToken),
            kind => Assert.Equal(kind.PageCount, kinds.Categories.First(category => category.Name == kind.Kind.ToString()).PageCount));
    }

    private static ProcessUss Measure(int processId)
    {
        using ProcfsContext procfs = new();
        return new UssMeter(procfs, UssMethod.Exclusive).Measure(processId, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static long Bytes(PageCellMap map, string category) => map.Categories.First(each => each.Name == category).Bytes;

    // No memory statistic counts the page frames of the vvar.
    private static PageCellMap Read(int processId, PageCellKey by)
    {
        using ProcfsContext procfs = new();
        PageCellQuery query = new() { By = by, MaxCells = MaxCells, Walk = new PageWalkOptions { Mappings = mapping => mapping.Kind != MappingKind.Vvar } };
        return procfs.ReadProcessCells(processId, query, cancellationToken: TestContext.Current.CancellationToken);
    }
}
