using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.WorkingSet;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>Measures a process that writes 16 of its 256 MiB again and again, in base pages or in huge pages.</summary>
[Trait("Tier", "Live")]
public sealed class WorkingSetTests
{
    private const string IdleBitmap = "/sys/kernel/mm/page_idle/bitmap";
    private const string BasePages = "size=256MiB";
    private const string HugePages = "huge=1";
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(BasePages)]
    [InlineData(HugePages)]
    public void SoftDirtyFindsWhatIsWritten(string pages)
    {
        Require.SoftDirty();
        CheckHotPart(pages, WorkingSetMethod.SoftDirty, used => used.Written);
    }

    [Theory]
    [InlineData(BasePages)]
    [InlineData(HugePages)]
    public void ReferencedBitsFindWhatIsUsedOrTheMethodIsRefused(string pages)
    {
        try
        {
            if (Record.Exception(() => CheckHotPart(pages, WorkingSetMethod.Referenced, used => used.Referenced)) is { } failure)
            {
                // Under shadow page tables one of some 80 probes sees the bits although the measurement does not.
                using ProcfsContext procfs = new();
                new WorkingSetMeter(procfs, WorkingSetMethod.Referenced, TestContext.Current.CancellationToken).Dispose();
                throw failure;
            }
        }
        catch (ProcfsException refused) when (refused.Error == ProcfsError.WorkingSetMethodNotSupported)
        {
            Assert.Contains("shadow page tables", refused.Message, StringComparison.Ordinal);
            Require.That(false, "ReferencedBits", "accesses do not set referenced bits again that were cleared (a hypervisor with shadow page tables)");
        }
    }

    /// <summary>No kernel of Debian has the bitmap. The test passes on Linux 6.12 built with CONFIG_IDLE_PAGE_TRACKING.</summary>
    [Theory]
    [InlineData(BasePages)]
    [InlineData(HugePages)]
    public void TheIdleBitmapFindsWhatIsUsed(string pages)
    {
        Require.That(File.Exists(IdleBitmap), "IdleBitmap", "this kernel is built without CONFIG_IDLE_PAGE_TRACKING");
        Require.PageFrames();
        CheckHotPart(pages, WorkingSetMethod.Idle, used => used.Referenced);
    }

    [Fact]
    public void WithoutAMethodTheErrorNamesTheOptionOfTheKernel()
    {
        using ProcfsContext procfs = new();
        if (!File.Exists(IdleBitmap) && KernelFeatures.ShowsPageFrameNumbers)
        {
            ProcfsException missing = Assert.Throws<ProcfsException>(() => procfs.MeasureWorkingSet(Environment.ProcessId, s_interval, WorkingSetMethod.Idle, TestContext.Current.CancellationToken));
            Assert.Contains("CONFIG_IDLE_PAGE_TRACKING", missing.Message, StringComparison.Ordinal);
        }

        if (!KernelFeatures.HasSoftDirty)
        {
            ProcfsException missing = Assert.Throws<ProcfsException>(() => procfs.MeasureWorkingSet(Environment.ProcessId, s_interval, WorkingSetMethod.SoftDirty, TestContext.Current.CancellationToken));
            Assert.Contains("CONFIG_MEM_SOFT_DIRTY", missing.Message, StringComparison.Ordinal);
        }
    }

    private static void CheckHotPart(string pages, WorkingSetMethod method, Func<ProcessWorkingSet, long?> getUsed)
    {
        using ProcfsContext procfs = new();
        using WorkingSetMeter meter = new(procfs, method, TestContext.Current.CancellationToken);
        using TargetProcess target = TargetProcess.Start("working-set", pages);
        long hot = long.Parse(target.Region.Expect["hot"], System.Globalization.CultureInfo.InvariantCulture) * (long)KernelFile.PageSize;
        WorkingSetInterval interval = meter.Begin(target.ProcessId, TestContext.Current.CancellationToken);
        Thread.Sleep(s_interval);
        MappingWorkingSet region = meter.MeasureMappings(interval, TestContext.Current.CancellationToken).Single(used => used.Mapping.Start == target.Region.Start);
        ProcessWorkingSet process = meter.Measure(interval, TestContext.Current.CancellationToken);

        Assert.Equal(target.Region.Length, region.Rss);
        Assert.InRange(getUsed(region)!.Value, hot * 9 / 10, hot * 11 / 10);
        Assert.InRange(getUsed(process)!.Value, getUsed(region)!.Value * 9 / 10, process.Rss!.Value - (target.Region.Length / 2));
        Assert.InRange(process.Interval, s_interval, TimeSpan.FromMinutes(5));
    }
}
