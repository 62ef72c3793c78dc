using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Uss;

/// <summary>Reads smaps_rollup and smaps of fake proc trees, in the form that Linux 6.18 writes.</summary>
[Trait("Tier", "Unit")]
public sealed class RollupMeterTests
{
    private const int Id = 7;
    private const string Rollup = """
        00400000-7ffc8f9ff000 ---p 00000000 00:00 0                              [rollup]
        Rss:                1000 kB
        Pss:                 600 kB
        Pss_Dirty:           300 kB
        Pss_Anon:            310 kB
        Pss_File:            200 kB
        Pss_Shmem:            90 kB
        Shared_Clean:        500 kB
        Shared_Dirty:         20 kB
        Private_Clean:       130 kB
        Private_Dirty:       350 kB
        Referenced:          999 kB
        Anonymous:           360 kB
        KSM:                   0 kB
        LazyFree:             64 kB
        AnonHugePages:       128 kB
        ShmemPmdMapped:        0 kB
        FilePmdMapped:         0 kB
        Shared_Hugetlb:     2048 kB
        Private_Hugetlb:    4096 kB
        Swap:                 40 kB
        SwapPss:              10 kB
        Locked:                0 kB

        """;

    private const string Smaps = """
        00400000-00404000 r-xp 00000000 08:01 42                                 /usr/bin/made-up
        Size:                 16 kB
        Rss:                  16 kB
        Pss:                   8 kB
        Shared_Clean:         12 kB
        Shared_Dirty:          0 kB
        Private_Clean:         4 kB
        Private_Dirty:         0 kB
        Anonymous:             0 kB
        Swap:                  0 kB
        VmFlags: rd ex mr mw me
        00800000-00808000 rw-p 00000000 00:00 0                                  [heap]
        Size:                 32 kB
        Rss:                  24 kB
        Pss:                  24 kB
        Shared_Clean:          0 kB
        Shared_Dirty:          0 kB
        Private_Clean:         0 kB
        Private_Dirty:        24 kB
        Anonymous:            24 kB
        Swap:                  8 kB
        VmFlags: rd wr mr mw me ac
        ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
        Size:                  4 kB
        Rss:                   0 kB

        """;

    [Theory]
    [InlineData(UssMethod.Rollup)]
    [InlineData(UssMethod.Auto)]
    public void FiguresAreThoseOfSmapsRollup(UssMethod method)
    {
        using FakeProc tree = CreateTree().WriteText("7/smaps_rollup", Rollup).WriteText("7/smaps", Smaps);
        ProcessUss uss = Measure(tree, method);
        Assert.Equal((Id, "made-up", UssMethod.Rollup), (uss.ProcessId, uss.ProcessName, uss.Method));
        Assert.Equal<(long?, long?, long?, long?)>((Kib(130 + 350 + 4096), Kib(600), Kib(1000), Kib(520)), (uss.Uss, uss.Pss, uss.Rss, uss.Shared));
        Assert.Equal<(long?, long?, long?)>((Kib(40), Kib(10), Kib(2048 + 4096)), (uss.Swap, uss.SwapPss, uss.Hugetlb));
        Assert.Equal<(long?, long?)>((Kib(130), Kib(350)), (uss.PrivateClean, uss.PrivateDirty));
        Assert.Equal<(long?, long?, long?)>((Kib(310), Kib(200), Kib(90)), (uss.PssAnon, uss.PssFile, uss.PssShmem));
        Assert.Equal<(long?, long?, long?)>((Kib(360), Kib(128), Kib(64)), (uss.Anonymous, uss.AnonHugePages, uss.LazyFree));
    }

    /// <summary>smaps_rollup came with Linux 4.14. The text here is that of a kernel without the newer lines.</summary>
    [Fact]
    public void SmapsIsSummedWhereThereIsNoRollup()
    {
        using FakeProc tree = CreateTree().WriteText("7/smaps", Smaps);
        ProcessUss uss = Measure(tree, UssMethod.Rollup);
        Assert.Equal<(long?, long?, long?, long?, long?)>((Kib(28), Kib(32), Kib(40), Kib(12), Kib(8)), (uss.Uss, uss.Pss, uss.Rss, uss.Shared, uss.Swap));
        Assert.Equal<(long?, long?, long?, long?)>((null, null, null, null), (uss.SwapPss, uss.PssAnon, uss.LazyFree, uss.AnonHugePages));
    }

    [Theory]
    [InlineData(UssMethod.Rollup)]
    [InlineData(UssMethod.Auto)]
    public void AKernelWithoutSmapsIsNamed(UssMethod method)
    {
        using FakeProc tree = CreateTree();
        ProcfsException failure = Assert.Throws<ProcfsException>(() => Measure(tree, method));
        Assert.Equal((ProcfsError.PagemapNotAvailable, Id), (failure.Error, failure.ProcessId));
        Assert.Contains("CONFIG_PROC_PAGE_MONITOR", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OnlySelectedMappingsCount()
    {
        using FakeProc tree = CreateTree().WriteText("7/smaps_rollup", Rollup).WriteText("7/smaps", Smaps);
        UssMeter meter = new(new ProcfsContext(tree.Root), UssMethod.Rollup);
        Assert.Equal(Kib(24), meter.Measure(Id, mapping => mapping.Path == "[heap]", cancellationToken: TestContext.Current.CancellationToken).Uss);
        Assert.Equal(0, meter.Measure(Id, mapping => false, cancellationToken: TestContext.Current.CancellationToken).Uss);
    }

    [Fact]
    public void EachMappingHasItsFigures()
    {
        using FakeProc tree = CreateTree().WriteText("7/smaps", Smaps);
        MappingUss[] mappings = [.. new UssMeter(new ProcfsContext(tree.Root)).MeasureMappings(Id, cancellationToken: TestContext.Current.CancellationToken)];
        Assert.Equal(["/usr/bin/made-up", "[heap]"], mappings.Select(mapping => mapping.Mapping.Name));
        Assert.Equal([Kib(4), Kib(24)], mappings.Select(mapping => mapping.Uss!.Value));
        Assert.Equal([0x00400000UL, 0x00800000UL], mappings.Select(mapping => mapping.Mapping.Start));
        Assert.Equal([Kib(16), Kib(24)], mappings.Select(mapping => mapping.Rss!.Value));
        Assert.All(mappings, mapping => Assert.Null(mapping.PssAnon));
        Assert.All(mappings, mapping => Assert.Null(mapping.PageTables));
    }

    [Theory]
    [InlineData("Rss: many kB\n")]
    [InlineData("Rss: -5 kB\n")]
    [InlineData("Rss: 99999999999999999999 kB\n")]
    public void TextThatNoKernelWritesIsAnError(string text)
    {
        using FakeProc tree = CreateTree().WriteText("7/smaps_rollup", Rollup + text);
        Assert.Equal(ProcfsError.ReadFailed, Assert.Throws<ProcfsException>(() => Measure(tree, UssMethod.Rollup)).Error);
    }

    [Fact]
    public void AnEmptyFileIsAProcessThatIsGone()
    {
        using FakeProc tree = CreateTree().WriteText("7/smaps_rollup", string.Empty);
        Assert.Equal(ProcfsError.ProcessNotFound, Assert.Throws<ProcfsException>(() => Measure(tree, UssMethod.Rollup)).Error);
    }

    [Fact]
    public void StatusAndCommandLineDescribeTheProcess()
    {
        using FakeProc tree = CreateTree().WriteText("7/smaps_rollup", Rollup)
            .WriteText("7/status", "Name:\tmade-up\nUid:\t1\t4294967290\t3\t4\nVmRSS:\t    1000 kB\nVmPTE:\t      48 kB\nVmSwap:\t       0 kB\n")
            .WriteText("7/cmdline", "/usr/bin/made-up\0--option\0two words\0");
        ProcessUss uss = Measure(tree, UssMethod.Rollup);
        Assert.Equal((Kib(48), "4294967290", "/usr/bin/made-up --option two words"), (uss.PageTables!.Value, uss.User, uss.CommandLine));
    }

    [Fact]
    public void ALongCommandLineIsCut()
    {
        using FakeProc tree = CreateTree().WriteText("7/smaps_rollup", Rollup).WriteText("7/cmdline", new string('x', 100_000));
        Assert.Equal(4096, Measure(tree, UssMethod.Rollup).CommandLine!.Length);
    }

    private static long Kib(long kibibytes) => kibibytes * 1024;

    private static FakeProc CreateTree() => new FakeProc().AddProcess(Id, "00400000-00404000 r-xp 00000000 08:01 42 /usr/bin/made-up");

    private static ProcessUss Measure(FakeProc tree, UssMethod method) =>
        new UssMeter(new ProcfsContext(tree.Root), method).Measure(Id, cancellationToken: TestContext.Current.CancellationToken);
}
