using System.Numerics;
using System.Text.Json.Nodes;
using PagemapTools.Procfs.Reports;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Parquet.Tests;

/// <summary>Snapshots of this machine.</summary>
[Trait("Tier", "Privileged")]
public sealed class MachineTests : IDisposable
{
    private readonly Dataset _dataset = new();

    public void Dispose() => _dataset.Dispose();

    [Fact]
    public void TheQueriesRunOverTwoSnapshotsOfThisMachine()
    {
        Require.PageFrames();
        Require.ReadableFile("/proc/kpagecgroup");
        SnapshotOptions own = new() { ProcessIds = [Environment.ProcessId], IncludePfn = true };
        _dataset.Export(null, SnapshotTables.All, own);
        _dataset.Export(null, SnapshotTables.All, own);
        _dataset.ExecuteEach(Document.Queries[0]);

        // A single process shares with nobody, and need not have grown.
        for (int query = 1; query < Document.Queries.Count; query++)
        {
            Assert.True(_dataset.Query(Document.Queries[query]).Count > 0 || query is 3 or 6, Document.Queries[query]);
        }

        // Every page frame is in exactly one row.
        Assert.Equal([[0L]], _dataset.Query("SELECT count(*) FROM (SELECT pfn, lag(pfn + frames, 1, 0::UBIGINT) OVER (PARTITION BY time ORDER BY pfn) AS due FROM frames) WHERE pfn <> due"));
    }

    /// <summary>What a report of a snapshot of this machine says, against smaps and against what DuckDB makes of the tables.</summary>
    [Fact]
    public void AReportOfASnapshotIsWhatTheTablesSay()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("fork", "pages=1024").Next().Stop();
        int child = target.Children[0];
        _dataset.Export(null, SnapshotTables.All, new SnapshotOptions { ProcessIds = [target.ProcessId, child], IncludePfn = true });
        string path = Path.Join(Path.GetDirectoryName(_dataset.Path), "report.html");
        PageReportResult result = PageSnapshot.Open(_dataset.Path, new ParquetFormat()).ExportPageReport(path, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Empty(result.Failures);
        Assert.Empty(result.Omissions);
        string page = File.ReadAllText(path);
        int start = page.IndexOf("id=\"report\">", StringComparison.Ordinal) + "id=\"report\">".Length;
        JsonNode report = JsonNode.Parse(page[start..page.IndexOf("</script>", start, StringComparison.Ordinal)])!;
        Assert.Equal(Environment.MachineName, (string?)report["host"]);
        Document.Queries[0].Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToList().ForEach(_dataset.Execute);
        Assert.Equal(
            _dataset.Query("SELECT use || ' ' || sum(frames * page_size) FROM frames JOIN moments USING (host, time) WHERE use <> 'NotMemory' GROUP BY use ORDER BY 1").Select(row => row[0]),
            report["memory"]!["kinds"]!.AsArray().Select(kind => $"{kind![0]} {kind[1]}").Order(StringComparer.Ordinal));
        Assert.Equal(
            [Smaps.ReadRollup(target.ProcessId).Uss, Smaps.ReadRollup(child).Uss],
            report["processes"]!.AsArray().OrderBy(process => (int)process!["id"]! == child).Select(process => (long)process!["uss"]!));

        // The query also counts what the kernel does not account: the zero page, and pages of its own.
        long[] pair = [.. Assert.Single(report["sharing"]!["pairs"]!.AsArray())!.AsArray().Select(number => (long)number!)];
        long shared = _dataset.Query(Document.Queries[6]).Select(row => (long)(BigInteger)row[3]! * 1024).Single();
        Assert.InRange(shared - pair[2..].Sum(), 0, 16 * (long)KernelFile.PageSize);
        Assert.True(pair[2] >= 512 * (long)KernelFile.PageSize);
    }

    [Fact]
    public void PagesAddUpToSmaps()
    {
        using TargetProcess target = TargetProcess.Start("anon").Stop();
        _dataset.Export(null, SnapshotTables.Pages | SnapshotTables.Mappings | SnapshotTables.Processes, new SnapshotOptions { ProcessIds = [target.ProcessId] });

        string[] expected = [.. Smaps.ReadMappings(target.ProcessId).Where(mapping => mapping["Rss"] > 0 && !mapping.Name.StartsWith('[')).Select(mapping => $"{mapping.Start} {mapping["Rss"]}")];
        string[] actual =
        [
            .. _dataset.Query($"""
                SELECT m.start, sum(pages) * {KernelFile.PageSize}
                FROM 'snapshots/pages/**/*.parquet' p JOIN 'snapshots/mappings/**/*.parquet' m ON m.start = p.mapping_start
                WHERE state = 'Present' AND m.name NOT LIKE '[v%' GROUP BY m.start ORDER BY m.start
                """).Select(row => $"{row[0]} {row[1]}"),
        ];
        Assert.NotEmpty(expected);
        Assert.Empty(expected.Except(actual));
        Assert.Equal([[Smaps.ReadRollup(target.ProcessId).Uss]], _dataset.Query("SELECT uss FROM 'snapshots/processes/**/*.parquet'"));
    }
}
