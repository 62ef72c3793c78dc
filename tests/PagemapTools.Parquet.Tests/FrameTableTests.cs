using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Parquet.Tests;

/// <summary>The table frames of files with known words, as DuckDB reads it.</summary>
[Trait("Tier", "Unit")]
public sealed class FrameTableTests : IDisposable
{
    private const ulong Anonymous = (1UL << 3) | (1UL << 5) | (1UL << 12) | (1UL << 14);
    private const ulong Free = 1UL << 10;
    private const ulong UnnamedHighBit = 1UL << 63;

    private static readonly int s_section = (int)((128UL << 20) / KernelFile.PageSize);

    private readonly FakeProc _tree = new();
    private readonly Dataset _dataset = new();

    public void Dispose()
    {
        _dataset.Dispose();
        _tree.Dispose();
    }

    [Fact]
    public void AlikeNeighboursAreOneRow()
    {
        _tree.WriteEntries("kpageflags", 0, Free, Free, Anonymous, Anonymous, Anonymous, Anonymous, Free)
            .WriteEntries("kpagecount", 0, 0, 0, 1, 1, 2, 2, 0)
            .WriteEntries("kpagecgroup", 0, 0, 0, 70, 70, 70, 71, 0);

        _dataset.Export(_tree.Path, SnapshotTables.Frames);

        Assert.Equal(
            [
                [0UL, 2L, Free, "BUDDY", "Free", 0L, 0UL],
                [2UL, 2L, Anonymous, "UPTODATE,LRU,ANON,SWAPBACKED", "Anonymous", 1L, 70UL],
                [4UL, 1L, Anonymous, "UPTODATE,LRU,ANON,SWAPBACKED", "Anonymous", 2L, 70UL],
                [5UL, 1L, Anonymous, "UPTODATE,LRU,ANON,SWAPBACKED", "Anonymous", 2L, 71UL],
                [6UL, 1L, Free, "BUDDY", "Free", 0L, 0UL],
            ],
            ReadFrames());
    }

    [Fact]
    public void ARunCrossesSectionsOfMemory()
    {
        ulong[] flags = Enumerable.Repeat(Free, (3 * s_section) - 1).Append(Anonymous).ToArray();
        _tree.WriteEntries("kpageflags", 0, flags);

        _dataset.Export(_tree.Path, SnapshotTables.Frames);

        Assert.Equal([[0UL, (3L * s_section) - 1], [(3UL * (ulong)s_section) - 1, 1L]], ReadFrames().Select(row => row[..2]));
    }

    [Fact]
    public void FilesThatAreMissingMakeNullsAndNoZeros()
    {
        _tree.WriteEntries("kpageflags", 0, Free, Anonymous).WriteEntries("kpagecount", 0, 0);

        _dataset.Export(_tree.Path, SnapshotTables.Frames);

        Assert.Equal([[0L, null], [null, null]], ReadFrames().Select(row => row[5..]));
    }

    [Fact]
    public void MemoryThatTheKernelDoesNotTrackHasNoFlags()
    {
        _tree.WriteEntries("kpageflags", (ulong)s_section, Free).WriteEntries("kpagecount", (ulong)s_section, 0).WriteEntries("kpagecgroup", (ulong)s_section, 0);

        _dataset.Export(_tree.Path, SnapshotTables.Frames);

        Assert.Equal([0UL, (long)s_section, null, null, "Unknown", null, null], ReadFrames()[0]);
    }

    [Fact]
    public void AllSixtyFourBitsArrive()
    {
        _tree.WriteEntries("kpageflags", 0, UnnamedHighBit, ulong.MaxValue - 1).WriteEntries("kpagecgroup", 0, UnnamedHighBit, 0);

        _dataset.Export(_tree.Path, SnapshotTables.Frames);

        Assert.Equal([(UnnamedHighBit, (object?)UnnamedHighBit), (ulong.MaxValue - 1, 0UL)], ReadFrames().Select(row => ((ulong)row[2]!, row[6])));
    }

    /// <summary>Engines skip rows by the statistics of a column, in its own order and unit.</summary>
    [Theory]
    [InlineData("flags > 9223372036854775807", 1)]
    [InlineData("flags < 9223372036854775808", 1)]
    [InlineData("map_count IS NULL", 2)]
    [InlineData("map_count >= 0", 0)]
    [InlineData("time > TIMESTAMPTZ '2026-01-01 00:00:00+00'", 2)]
    [InlineData("time < TIMESTAMPTZ '2026-01-01 00:00:00+00'", 0)]
    [InlineData("time IN (SELECT time FROM 'snapshots/snapshots/**/*.parquet')", 2)]
    [InlineData("use = 'Free'", 1)]
    public void ConditionsFindTheirRows(string condition, long count)
    {
        _tree.WriteEntries("kpageflags", 0, UnnamedHighBit, Free);

        _dataset.Export(_tree.Path, SnapshotTables.Frames);

        Assert.Equal([[count]], _dataset.Query($"SELECT count(*) FROM 'snapshots/frames/**/*.parquet' WHERE {condition}"));
    }

    /// <summary>More rows than a row group has, and more than two.</summary>
    [Fact]
    public void ManyRowsArriveInTheirOrder()
    {
        const int Count = 100_000;
        ulong[] flags = [.. Enumerable.Range(0, Count).Select(i => (ulong)i * 0x9E3779B97F4A7C15 | 1)];
        _tree.WriteEntries("kpageflags", 0, flags);

        _dataset.Export(_tree.Path, SnapshotTables.Frames);

        Assert.Equal(Count, (long)_dataset.Query("SELECT count(*) FROM 'snapshots/frames/**/*.parquet'")[0][0]!);
        Assert.Equal(flags, _dataset.Query("SELECT flags FROM 'snapshots/frames/**/*.parquet' ORDER BY pfn").Select(row => (ulong)row[0]!));
    }

    private List<object?[]> ReadFrames() =>
        _dataset.Query("SELECT pfn, frames, flags, flag_names, use, map_count, cgroup_inode FROM 'snapshots/frames/**/*.parquet' ORDER BY pfn");
}
