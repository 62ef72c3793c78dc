using System.IO.Compression;
using System.Text;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Groups;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Tests.Groups;

/// <summary>Measures groups in made-up trees, whose page frames have any count.</summary>
[Trait("Tier", "Unit")]
public sealed class GroupUssMeterTests : IDisposable
{
    private const ulong Address = 0x10000000;
    private const ulong CompoundHead = 1UL << 15;

    private static readonly long s_page = (long)KernelFile.PageSize;

    private readonly FakeProc _proc = new();

    public void Dispose() => _proc.Dispose();

    [Fact]
    public void AFrameBelongsToTheGroupIfAllItsMappingsDo()
    {
        _proc.AddProcess(2, Address, PagemapBits.PresentAt(10), PagemapBits.PresentAt(11) | PagemapBits.Exclusive, PagemapBits.PresentAt(12))
            .AddProcess(3, Address, PagemapBits.PresentAt(10), 0)
            .WriteEntries("kpagecount", 10, 2, 1, 2);
        ProcessGroupUss group = Measure(2, 3);
        Assert.Equal((2 * s_page, 3 * s_page, s_page), (group.Uss, group.Rss, group.Shared));
        Assert.Equal(5 * s_page / 2, group.Pss);
        Assert.Equal((2 * s_page, 0, 0), (group.UssAnonymous, group.UssFile, group.UssShmem));
        ProcessGroupUss alone = Measure(2);
        Assert.Equal((s_page, 3 * s_page), (alone.Uss, alone.Rss));
    }

    [Fact]
    public void AProcessThatTookTheIdOfAMemberIsNotMeasured()
    {
        _proc.AddProcess(2, Address, PagemapBits.PresentAt(10)).WriteEntries("kpagecount", 10, 1);
        using ProcfsContext procfs = new(new ProcRoot(_proc.Path));
        IReadOnlyList<ProcessGroup> groups = procfs.GroupProcesses(ProcessGroupKey.Name, cancellationToken: TestContext.Current.CancellationToken);
        _proc.WriteStatus(2, 'S', 0, start: 1);
        GroupMeasurement group = Assert.Single(new GroupUssMeter(procfs).MeasureGroups(groups, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Null(group.Uss);
        Assert.Equal((ProcfsError.ProcessNotFound, 2), (Assert.Single(group.Failures).Error, group.Failures[0].ProcessId));
    }

    [Fact]
    public void FramesWithoutMappingsAreNoMemory()
    {
        // The zero page, and a page frame beyond the end of the file.
        _proc.AddProcess(2, Address, PagemapBits.PresentAt(10), PagemapBits.PresentAt(10), PagemapBits.PresentAt(1_000_000)).WriteEntries("kpagecount", 10, 0, 5);
        ProcessGroupUss group = Measure(2);
        Assert.Equal((0, 0, 0), (group.Uss, group.Rss, group.Pss));
    }

    [Fact]
    public void MoreReferencesThanMappingsAreStillOfTheGroup()
    {
        // The process unmapped the page between the two reads.
        _proc.AddProcess(2, Address, PagemapBits.PresentAt(10), PagemapBits.PresentAt(10)).WriteEntries("kpagecount", 10, 1);
        Assert.Equal((s_page, s_page, s_page), (Measure(2).Uss, Measure(2).Rss, Measure(2).Pss));
    }

    [Fact]
    public void ASaturatedCountIsUnknown()
    {
        ulong[] entries = new ulong[70_000];
        Array.Fill(entries, PagemapBits.PresentAt(10));
        _proc.AddProcess(2, Address, entries).WriteEntries("kpagecount", 10, 70_000);
        ProcessGroupUss group = Measure(2);
        Assert.Equal((null, null, null), (group.Uss, group.UssAnonymous, group.FreedOnExit));
        Assert.Equal(s_page, group.Rss);
    }

    [Fact]
    public void AnAverageIsNoMapCount()
    {
        _proc.AddProcess(2, Address, PagemapBits.PresentAt(10), PagemapBits.PresentAt(12))
            .WriteEntries("kpagecount", 10, 1, 0, 1).WriteEntries("kpageflags", 10, CompoundHead, 0, 0)
            .WriteText("sys/kernel/osrelease", "6.16.0\n");
        Assert.Equal(2 * s_page, Measure(2).Uss);
        WriteConfiguration("CONFIG_NO_PAGE_MAPCOUNT=y\n");
        Assert.Null(Measure(2).Uss);
        Assert.Null(Measure(2).Pss);
        Assert.Equal(2 * s_page, Measure(2).Rss);
    }

    [Fact]
    public void HiddenFramesAreAnError()
    {
        _proc.AddProcess(2, Address, PagemapBits.Present).WriteEntries("kpagecount", 0, 1, 1);
        ProcfsException failure = Assert.Throws<ProcfsException>(() => Measure(2));
        Assert.Equal(ProcfsError.KPageAccessDenied, failure.Error);
        Assert.Contains("CAP_SYS_ADMIN", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATreeWithoutMapCountsIsAnError()
    {
        _proc.AddProcess(2, Address, PagemapBits.PresentAt(10));
        Assert.Equal(ProcfsError.KPageNotAvailable, Assert.Throws<ProcfsException>(() => Measure(2)).Error);
    }

    [Fact]
    public void SlotsOfSwapAreCountedOnce()
    {
        ulong slot = PagemapBits.Swapped(0, 5);
        _proc.AddProcess(2, Address, slot, PagemapBits.Swapped(0, 6)).AddProcess(3, Address, slot, 0).AddProcess(4, Address, PagemapBits.Swapped(0, 6), 0)
            .WriteEntries("kpagecount", 10, 1).WriteText("swaps", "Filename Type Size Used Priority\n/swap partition 100 0 -2\n");
        ProcessGroupUss group = Measure(2, 3);
        Assert.Equal((2 * s_page, s_page), (group.Swap, group.SwapFreed));
    }

    [Fact]
    public void GroupsThatShareAFrameOrASlotKeepIt()
    {
        ulong slot = PagemapBits.Swapped(0, 5);
        _proc.AddProcess(2, Address, PagemapBits.PresentAt(10), slot).AddProcess(3, Address, PagemapBits.PresentAt(10), slot)
            .WriteEntries("kpagecount", 10, 2).WriteText("swaps", "Filename Type Size Used Priority\n/swap partition 100 0 -2\n");
        using ProcfsContext procfs = new(new ProcRoot(_proc.Path));
        IReadOnlyList<GroupMeasurement> groups = new GroupUssMeter(procfs).MeasureGroups(
            [new ProcessGroup("a", [2]), new ProcessGroup("b", [3])], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["a", "b"], groups.Select(group => group.Uss!.Name));
        Assert.All(groups, group => Assert.Equal((0, s_page, s_page, 0), (group.Uss!.Uss, group.Uss.Rss, group.Uss.Swap, group.Uss.SwapFreed)));
    }

    [Fact]
    public void AGroupWithoutProcessesHasNoFigures()
    {
        _proc.AddProcess(2, Address, 0UL).WriteEntries("kpagecount", 10, 1);
        using ProcfsContext procfs = new(new ProcRoot(_proc.Path));
        Assert.Null(new GroupUssMeter(procfs).Measure([], cancellationToken: TestContext.Current.CancellationToken).Uss);
    }

    private ProcessGroupUss Measure(params int[] processIds)
    {
        using ProcfsContext procfs = new(new ProcRoot(_proc.Path));
        GroupMeasurement group = procfs.MeasureGroupUss(processIds, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(group.Failures);
        return group.Uss!;
    }

    private void WriteConfiguration(string text)
    {
        using MemoryStream bytes = new();
        using (GZipStream gzip = new(bytes, CompressionMode.Compress))
        {
            gzip.Write(Encoding.ASCII.GetBytes(text));
        }

        _proc.WriteBytes("config.gz", bytes.ToArray());
    }
}
