using System.Diagnostics;

namespace PagemapTools.Procfs.Tests.Core;

/// <summary>Runs the tests over made-up trees again, in a process whose trees have other pages than this machine.</summary>
[Trait("Tier", "Unit")]
public sealed class PageSizeTests
{
    [Theory]
    [InlineData("16384")]
    [InlineData("65536")]
    public async Task TreesWithLargerPagesGiveTheSameAnswers(string pageSize)
    {
        // Tests that ask the kernel about files of this machine cannot run with other pages.
        Type[] classes =
        [
            typeof(Frames.KPageFlagsHistogramTests), typeof(Frames.LargestFolioTests), typeof(Frames.PfnBatchReaderTests),
            typeof(Walk.AddressRangeParseTests), typeof(Walk.AddressRangeTests), typeof(Walk.PageWalkTests),
            typeof(Pages.FrameReaderTests), typeof(Pages.PageRangeBuilderTests), typeof(Pages.PageSequenceTests), typeof(Pages.ProcessPageReaderTests),
            typeof(MemoryUse.MemoryUseMeasurementTests), typeof(Cells.FrameCellTests), typeof(Cells.ProcessCellTests), typeof(ReverseMap.ReverseMappingTests),
            typeof(Uss.MapCountReaderTests), typeof(Uss.UssMeterTests), typeof(HugePages.HugePageMeterTests),
            typeof(WorkingSet.WorkingSetMeterTests), typeof(Groups.FileHoldersTests), typeof(Groups.FrameCountsTests), typeof(Groups.GroupUssMeterTests),
            typeof(Sharing.SharedFramesTests), typeof(Sharing.SharingMeterTests), typeof(Comparison.PageComparingTests), typeof(Snapshots.PageSnapshotTests),
            typeof(Reports.FrameMapTests), typeof(Reports.PageReportExportTests),
        ];
        await RunAsync(pageSize, [.. classes.SelectMany(tests => (string[])["-class", tests.FullName!])]);
    }

    [Fact]
    public Task ARecordedTreeWithLargerPagesGivesItsOwnFigures() => RunAsync("16384", "-explicit", "only", "-class", typeof(RecordedTreeTests).FullName!);

    private static async Task RunAsync(string pageSize, params string[] arguments)
    {
        ProcessStartInfo start = new(TargetProgram.Dotnet, [typeof(PageSizeTests).Assembly.Location, "-noLogo", "-noColor", .. arguments])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["PAGEMAPTOOLS_PAGESIZE"] = pageSize;
        using Process run = Process.Start(start)!;
        string output = await run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(run.ExitCode == 0, output);
        Assert.DoesNotContain("Total: 0", output, StringComparison.Ordinal);
    }
}
