using System.Globalization;

namespace PagemapTools.Tests;

/// <summary>Sizes that large hosts have. A separate process measures, so that it has the memory of one command alone.</summary>
[Collection(ExclusiveCollection.Name)]
[Trait("Tier", "Privileged")]
public sealed class ScaleTests
{
    private const long Mebibyte = 1024 * 1024;
    private const long EnoughMemory = 2048 * Mebibyte;

    [Theory]
    [InlineData("many-mappings", "count=1000000", "Exclusive")]
    [InlineData("many-mappings", "count=1000000", "Rollup")]
    [InlineData("scattered", "reserve=80TiB", "Exclusive")]
    public void LargeAddressSpaceIsMeasured(string kind, string option, string method)
    {
        RequireMemory();
        using TargetProcess target = TargetProcess.Start(kind, option).Stop();
        long expected = Smaps.ReadRollup(target.ProcessId)["Rss"];

        HostRun run = HostProgram.RunScript(
            $"(Measure-ProcessUss -Id {target.ProcessId} -Method {method}).Rss; [Diagnostics.Process]::GetCurrentProcess().PeakWorkingSet64");

        long[] figures = Parse(run);
        Assert.InRange(figures[0], expected - Mebibyte, expected + Mebibyte);
        Assert.InRange(figures[1], 1, 1024 * Mebibyte);
    }

    [Fact]
    public void MemoryCgroupOf200MebibytesIsEnough()
    {
        RequireMemory();
        using MemoryCgroup cgroup = MemoryCgroup.Create();
        cgroup.Limit(200 * Mebibyte);
        using TargetProcess target = TargetProcess.Start("dense", "size=256MiB").Stop();

        HostRun run = HostProgram.RunScriptIn(
            cgroup, $"@(Measure-ProcessUss -WarningAction Ignore).Count; (Get-ProcessPageMap -Id {target.ProcessId} -State Present | Measure-Object).Count");

        long[] figures = Parse(run);
        Assert.True(figures[0] > 1);
        Assert.True(figures[1] >= target.Region.PageCount);
    }

    [Fact]
    public void FiveThousandProcessesAreMeasured()
    {
        const int Count = 5000;
        using FakeProc tree = new();
        for (int id = 1; id <= Count; id++)
        {
            tree.AddProcess(id, 0x10000, PagemapBits.PresentAt((ulong)id) | PagemapBits.Exclusive);
        }

        HostRun run = HostProgram.RunScript(
            $"$rows = @(Measure-ProcessUss -ProcPath {tree.Path} -AllowSavedTree); $rows.Count; ($rows | Measure-Object Uss -Sum).Sum");

        Assert.Equal([Count, Count * (long)KernelFile.PageSize], Parse(run));
    }

    private static long[] Parse(HostRun run)
    {
        Assert.Equal((0, string.Empty), (run.Status, run.Error));
        return [.. run.Lines.Select(line => long.Parse(line, CultureInfo.InvariantCulture))];
    }

    private static void RequireMemory()
    {
        long available = 1024 * long.Parse(
            File.ReadLines("/proc/meminfo").First(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture);
        Require.That(available >= EnoughMemory, "Memory", $"{available / Mebibyte} MiB are available, not {EnoughMemory / Mebibyte}");
    }
}
