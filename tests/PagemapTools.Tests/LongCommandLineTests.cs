using System.Globalization;

namespace PagemapTools.Tests;

/// <summary>Any user can make a command line of any size.</summary>
[Trait("Tier", "Privileged")]
public sealed class LongCommandLineTests
{
    private const long Size = 64 * 1024 * 1024;
    private const int MaxCommandLine = 4096;

    // stat, comm, status, smaps_rollup, and io itself.
    private const int MaxOtherBytes = 64 * 1024;

    [Fact]
    public void OnePageOfACommandLineIsRead()
    {
        Require.Nobody();
        Require.ReadableFile("/proc/self/io");
        using TargetProcess target = TargetProcess.StartAs(Machine.Nobody, "long-command-line", $"size={Size}");
        Assert.Equal(Size, CountBytes($"/proc/{target.ProcessId}/cmdline"));

        // A separate process: the bytes in its /proc/self/io contain no reads of other tests.
        HostRun run = HostProgram.RunScript(
            $$"""
            function Bytes { [long]([IO.File]::ReadAllLines('/proc/self/io') -like 'rchar:*')[0].Split(' ')[1] }
            Measure-ProcessUss -Id $PID | ForEach-Object { } # loads what is loaded once
            $before = Bytes
            $row = Measure-ProcessUss -Id {{target.ProcessId}}
            "$((Bytes) - $before) $($row.ProcessId) $($row.CommandLine.Length) $($row.Rss)"
            """);

        long[] figures = [.. Assert.Single(run.Lines).Split(' ').Select(figure => long.Parse(figure, CultureInfo.InvariantCulture))];
        Assert.Equal([target.ProcessId, MaxCommandLine], figures[1..3]);
        Assert.True(figures[3] >= Size);
        Assert.InRange(figures[0], MaxCommandLine, MaxCommandLine + MaxOtherBytes);
    }

    private static long CountBytes(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] buffer = new byte[1024 * 1024];
        long total = 0;
        for (int count; (count = file.Read(buffer)) > 0;)
        {
            total += count;
        }

        return total;
    }
}
