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
        Type[] classes =
        [
            typeof(Frames.KPageFlagsHistogramTests), typeof(Pages.PageRangeBuilderTests), typeof(Pages.PageSequenceTests), typeof(Pages.ProcessPageReaderTests),
            typeof(Uss.UssMeterTests), typeof(Walk.AddressRangeParseTests), typeof(Walk.AddressRangeTests), typeof(Walk.PageWalkTests),
        ];
        ProcessStartInfo start = new(TargetProgram.Dotnet, [typeof(PageSizeTests).Assembly.Location, "-noLogo", "-noColor"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        Array.ForEach(classes, tests => Array.ForEach(["-class", tests.FullName!], start.ArgumentList.Add));
        start.Environment["PAGEMAPTOOLS_PAGESIZE"] = pageSize;
        using Process run = Process.Start(start)!;
        string output = await run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(run.ExitCode == 0, output);
        Assert.DoesNotContain("Total: 0", output, StringComparison.Ordinal);
    }
}
