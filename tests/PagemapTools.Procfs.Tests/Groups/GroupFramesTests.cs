using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Groups;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Tests.Groups;

/// <summary>Compares groups of stopped test processes with a count of their pagemap entries that the library has no part in, and with smaps.</summary>
[Trait("Tier", "Privileged")]
public sealed class GroupFramesTests
{
    // The kernel rounds Pss of each process down to 1024.
    private const long PssPrecision = 1024;

    private const int MaxAttempts = 12;

    // The runtime of the test process has a memfd of its own for the code that it compiles.
    private const long Runtime = 5 * 1024 * 1024;

    private static readonly long s_page = (long)KernelFile.PageSize;

    [Theory]
    [InlineData("fork", "pages=256")]
    [InlineData("farm", "size=16MiB", "children=4", "private=1MiB")]
    [InlineData("memfd", "child=1")]
    [InlineData("posix-shm", "child=1")]
    [InlineData("sysv-shm", "child=1")]
    [InlineData("mapped-twice")]
    [InlineData("held", "mappings=3", "pages=256")]
    [InlineData("file-shared", "child=1")]
    [InlineData("anon-read")]
    [InlineData("thp")]
    [InlineData("mthp")]
    [InlineData("huge-zero")]
    [InlineData("ksm")]
    [InlineData("hugetlb-private")]
    [InlineData("hugetlb-shared")]
    [InlineData("swapped")]
    [InlineData("shared-swapped")]
    [InlineData("forked-swap")]
    [InlineData("clone-vm")]
    public void FiguresAreThoseOfDistinctFrames(string kind, params string[] options)
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.StartInKnownMemory(kind, options).Stop();
        int[] all = [target.ProcessId, .. target.Children];

        // A process of the same address space has the same pages.
        int[] counted = kind == "clone-vm" ? all[..1] : all;
        UssVersusSmaps.RepeatUntilEqual(() => FindDifferences(GroupFrames.Read(counted), counted, Measure(all)), MaxAttempts);
    }

    [Fact]
    public void AFrameThatOneProcessMapsThriceCountsOnce()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.StartInKnownMemory("held", "of=memfd", "mappings=3", "pages=2048").Stop();
        ProcessGroupUss group = Measure([target.ProcessId]);
        long size = 2048 * s_page;
        Assert.InRange(group.UssShmem!.Value, size, size + Runtime);
        Assert.Equal(3 * size, Smaps.ReadMappings(target.ProcessId).Where(mapping => mapping.Name.StartsWith("/memfd:held", StringComparison.Ordinal)).Sum(mapping => mapping["Rss"]));
    }

    [Fact]
    public void PartOfAFamilySharesMemoryWithTheRest()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.StartInKnownMemory("farm", "size=16MiB", "children=2", "private=1MiB").Stop();
        ProcessGroupUss children = Measure(target.Children);
        Assert.Equal(GroupFrames.Read(target.Children).UssAnonymous, children.UssAnonymous);
        Assert.InRange(children.UssAnonymous!.Value, 2 << 20, 10 << 20);
        Assert.InRange(children.Shared!.Value, 14 << 20, 60 << 20);
        ProcessGroupUss all = Measure([target.ProcessId, .. target.Children]);
        Assert.True(all.UssAnonymous >= 18 << 20, $"{all.UssAnonymous} bytes");
    }

    [Fact]
    public void ProcessesOfOneAddressSpaceCountOnce()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.StartInKnownMemory("clone-vm").Stop();
        int child = Assert.Single(target.Children);
        ProcessGroupUss both = Measure([target.ProcessId, child]);
        Assert.Equal([target.ProcessId, child], both.ProcessIds);
        Assert.Equal(GroupFrames.Read(target.ProcessId).Rss, both.Rss);
        Assert.Equal(ReadStatus(target.ProcessId, "VmPTE"), both.PageTables);
        Assert.True(both.Uss >= 2048 * s_page);

        // The other process keeps the address space when one of them ends.
        foreach (int one in both.ProcessIds)
        {
            ProcessGroupUss alone = Measure([one]);
            Assert.Equal((0L, 0L), (alone.Uss, alone.FreedPageTables));
            Assert.Equal(both.Rss, alone.Rss);
        }
    }

    [Fact]
    public void ForkedProcessesShareSlotsOfSwap()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("forked-swap", "pages=256", "children=4").Stop();
        long size = 256 * s_page;
        int[] all = [target.ProcessId, .. target.Children];
        ProcessGroupUss group = Measure(all);
        Assert.True(group.Swap >= size);
        long swapPss = all.Sum(id => Smaps.ReadRollup(id)["SwapPss"]);
        Assert.InRange(group.SwapFreed!.Value, swapPss, swapPss + (all.Length * PssPrecision));
        Assert.True(all.Sum(id => Smaps.ReadRollup(id)["Swap"]) >= 5 * size);

        // The parent still uses the slots.
        ProcessGroupUss children = Measure(target.Children);
        Assert.True(children.Swap >= size);
        Assert.Equal(0, children.SwapFreed);
    }

    [Fact]
    public void AnExitedProcessIsAFailureAndNotCovered()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("anon").Stop();
        using ProcfsContext procfs = new(new ProcRoot());
        GroupMeasurement group = procfs.MeasureGroupUss([target.ProcessId, TestSupport.Machine.MissingProcess], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal([target.ProcessId], group.Uss!.ProcessIds);
        Assert.Equal((ProcfsError.ProcessNotFound, TestSupport.Machine.MissingProcess), (Assert.Single(group.Failures).Error, group.Failures[0].ProcessId!.Value));
        Assert.Null(procfs.MeasureGroupUss([TestSupport.Machine.MissingProcess], cancellationToken: TestContext.Current.CancellationToken).Uss);
    }

    [Fact]
    public void ACancelledMeasurementEnds()
    {
        Require.PageFrames();
        using ProcfsContext procfs = new(new ProcRoot());
        Assert.ThrowsAny<OperationCanceledException>(() => procfs.MeasureGroupUss(ProcessGroupKey.Name, cancellationToken: new CancellationToken(canceled: true)));
    }

    internal static ProcessGroupUss Measure(IReadOnlyList<int> processIds)
    {
        using ProcfsContext procfs = new(new ProcRoot());
        GroupMeasurement group = procfs.MeasureGroupUss(processIds, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(group.Failures);
        return group.Uss!;
    }

    internal static long ReadStatus(int processId, string field) => 1024 * long.Parse(
        File.ReadLines(FormattableString.Invariant($"/proc/{processId}/status")).First(line => line.StartsWith(field + ":", StringComparison.Ordinal))
            .Split(['\t', ' '], StringSplitOptions.RemoveEmptyEntries)[1],
        System.Globalization.CultureInfo.InvariantCulture);

    private static List<string> FindDifferences(GroupFrames frames, int[] processIds, ProcessGroupUss group)
    {
        List<string> differences = [];
        Add("Uss", frames.Uss, group.Uss);
        Add("Rss", frames.Rss, group.Rss);
        Add("Shared", frames.Rss + frames.Hugetlb - frames.Uss, group.Shared + group.Hugetlb - group.HugetlbToPool);
        Add("Hugetlb", frames.Hugetlb, group.Hugetlb);
        Add("UssAnonymous", frames.UssAnonymous, group.UssAnonymous);
        Add("parts of Uss", frames.Uss, group.UssAnonymous + group.UssFile + group.UssShmem + group.HugetlbToPool);
        Add("PageTables", processIds.Sum(id => ReadStatus(id, "VmPTE")), group.PageTables);
        Smaps[] rollups = [.. processIds.Select(Smaps.ReadRollup)];
        Add("Pss", rollups.Sum(rollup => rollup["Pss"]) + (processIds.Length * PssPrecision / 2), group.Pss, processIds.Length * PssPrecision);
        if (rollups.Sum(rollup => rollup["Swap"]) == rollups.Sum(rollup => rollup["SwapPss"]) || frames.Swap > 0)
        {
            Add("Swap", Math.Max(frames.Swap, rollups.Length == 1 ? rollups[0]["Swap"] : 0), group.Swap);
        }

        return differences;

        void Add(string figure, long expected, long? actual, long slack = 0)
        {
            if (actual is null || Math.Abs(expected - actual.Value) > slack)
            {
                differences.Add(FormattableString.Invariant($"{figure} {(object?)actual ?? "null"}, expected {expected}"));
            }
        }
    }
}
