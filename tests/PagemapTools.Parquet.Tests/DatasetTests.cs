using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Parquet.Tests;

/// <summary>Where the files lie, who may read them, and when they are there.</summary>
[Trait("Tier", "Unit")]
public sealed class DatasetTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FakeProc _tree = new();
    private readonly Dataset _dataset = new();

    public DatasetTests() => _tree.WriteEntries("kpageflags", 0, 1UL << 10).AddProcess(7, 0x1000, 1UL << 63);

    public void Dispose()
    {
        _dataset.Dispose();
        _tree.Dispose();
    }

    [Fact]
    public void HostAndDateArePartitions()
    {
        SnapshotResult result = _dataset.Export(_tree.Path, SnapshotTables.Frames, new SnapshotOptions { HostName = "web1" });

        Assert.Equal(["frames", "snapshots"], result.Files.Select(file => file.Table));
        Assert.Equal($"{_dataset.Path}/frames/host=web1/date={result.Time:yyyy-MM-dd}", Path.GetDirectoryName(result.Files[0].Path));
        Assert.Equal([["web1", DateOnly.FromDateTime(result.Time), 1L]], _dataset.Query("SELECT host, date, count(*) FROM 'snapshots/frames/**/*.parquet' GROUP BY ALL"));
    }

    [Fact]
    public void ANameOfAHostCannotLeaveTheDataset()
    {
        _dataset.Export(_tree.Path, SnapshotTables.Frames, new SnapshotOptions { HostName = "../../a=b" });

        Assert.Equal([["../../a=b"]], _dataset.Query("SELECT DISTINCT host FROM 'snapshots/frames/**/*.parquet'"));
    }

    [Fact]
    public void FilesAndDirectoriesBelongToTheirOwnerAlone()
    {
        _dataset.Export(_tree.Path, SnapshotTables.Frames);

        Assert.All(Directory.EnumerateDirectories(_dataset.Path, "*", SearchOption.AllDirectories).Append(_dataset.Path), path => Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(path)));
        Assert.All(Directory.EnumerateFiles(_dataset.Path, "*", SearchOption.AllDirectories), path => Assert.Equal(Owner, File.GetUnixFileMode(path)));
    }

    [Fact]
    public void ASnapshotThatFailsLeavesNoFile()
    {
        File.Delete(_tree.GetPath("kpageflags"));

        // The mappings come before the failure.
        Assert.Throws<ProcfsException>(() => _dataset.Export(_tree.Path, SnapshotTables.Mappings | SnapshotTables.Cgroups));

        Assert.Empty(Directory.EnumerateFiles(_dataset.Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }));
    }

    [Fact]
    public void SecondSnapshotsAddRows()
    {
        _dataset.Export(_tree.Path, SnapshotTables.Frames);
        Thread.Sleep(2);
        _dataset.Export(_tree.Path, SnapshotTables.Frames);

        Assert.Equal([[2L, 2L]], _dataset.Query("SELECT count(*), count(DISTINCT time) FROM 'snapshots/frames/**/*.parquet' JOIN 'snapshots/snapshots/**/*.parquet' USING (host, time)"));
    }

    [Fact]
    public void SnapshotsThatAreWrittenAtOnceAreAllThere()
    {
        const int Count = 8;
        Parallel.For(0, Count, _ => _dataset.Export(_tree.Path, SnapshotTables.Frames | SnapshotTables.Mappings));

        foreach (string table in (string[])["frames", "mappings", "snapshots"])
        {
            Assert.Equal([[(long)Count]], _dataset.Query($"SELECT count(*) FROM 'snapshots/{table}/**/*.parquet'"));
        }
    }

    [Fact]
    public void ATableWithoutRowsIsReadable()
    {
        _dataset.Export(_tree.Path, SnapshotTables.Mappings, new SnapshotOptions { ProcessIds = [] });

        Assert.Equal([[0L]], _dataset.Query("SELECT count(*) FROM 'snapshots/mappings/**/*.parquet'"));
    }
}
