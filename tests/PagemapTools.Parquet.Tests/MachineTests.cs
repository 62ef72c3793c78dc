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
        Document.Queries[0].Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToList().ForEach(_dataset.Execute);

        // A single process shares with nobody, and need not have grown.
        for (int query = 1; query < Document.Queries.Count; query++)
        {
            Assert.True(_dataset.Query(Document.Queries[query]).Count > 0 || query is 3 or 6, Document.Queries[query]);
        }

        // Every page frame is in exactly one row.
        Assert.Equal([[0L]], _dataset.Query("SELECT count(*) FROM (SELECT pfn, lag(pfn + frames, 1, 0::UBIGINT) OVER (PARTITION BY time ORDER BY pfn) AS due FROM frames) WHERE pfn <> due"));
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
