using System.Diagnostics;

namespace PagemapTools.Parquet.Tests;

/// <summary>Export-PageSnapshot under SIGKILL, at moments that nothing chooses.</summary>
[Trait("Tier", "Live")]
public sealed class KillTests : IDisposable
{
    private const int Kills = 3;
    private const int Frames = 120_000;

    private readonly FakeProc _tree = new();
    private readonly Dataset _dataset = new();

    public KillTests() => _tree.WriteEntries("kpageflags", 0, [.. Enumerable.Range(0, Frames).Select(i => (ulong)i % 200)]).AddProcess(7, 0x10000, 1UL << 63);

    public void Dispose()
    {
        _dataset.Dispose();
        _tree.Dispose();
    }

    [Fact]
    public async Task AKilledSnapshotLeavesNoFileThatIsNotWhole()
    {
        Random moments = new(17);
        for (int i = 0; i < Kills; i++)
        {
            // Two at once, which write into the same directories.
            await Task.WhenAll(KillWriter(TimeSpan.FromMilliseconds(moments.Next(500))), KillWriter(TimeSpan.FromMilliseconds(moments.Next(500))));

            // DuckDB reads every column of every row.
            Assert.Equal([[0L]], _dataset.Query("SELECT count(*) FROM (SELECT filename, sum(frames) AS all_frames, count(DISTINCT flag_names), max(use), max(map_count), max(cgroup_inode) FROM read_parquet('snapshots/frames/**/*.parquet', filename = true) GROUP BY filename) WHERE all_frames <> 120000"));
            Assert.Equal([[0L]], _dataset.Query(
                """
                SELECT count(*) FROM 'snapshots/snapshots/**/*.parquet'
                WHERE time NOT IN (SELECT time FROM 'snapshots/frames/**/*.parquet') OR time NOT IN (SELECT time FROM 'snapshots/pages/**/*.parquet')
                """));
        }

        // The kills met snapshots in their middle.
        Assert.NotEmpty(Directory.GetFiles(_dataset.Path, ".*.parquet.*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }));
    }

    /// <summary>Starts a program that writes one snapshot after the other, and kills it some time after the first one.</summary>
    private async Task KillWriter(TimeSpan after)
    {
        string configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false };
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";
        foreach (string argument in (string[])
        [
            Path.Join(AppContext.BaseDirectory, "../../PagemapTools.Host", configuration, "PagemapTools.Host.dll"),
            "-NoProfile",
            "-Command",
            $"while ($true) {{ Export-PageSnapshot '{_dataset.Path}' -ProcPath '{_tree.Path}' -AllowSavedTree -Include Frames, Pages; 'written' }}",
        ])
        {
            start.ArgumentList.Add(argument);
        }

        using Process writer = Process.Start(start)!;
        Assert.Equal("written", await writer.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await Task.Delay(after, TestContext.Current.CancellationToken);
        writer.Kill();
        await writer.WaitForExitAsync(TestContext.Current.CancellationToken);
    }
}
