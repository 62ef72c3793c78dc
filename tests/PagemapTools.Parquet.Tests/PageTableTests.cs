using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Parquet.Tests;

/// <summary>The tables of processes of a made-up tree, as DuckDB reads them.</summary>
[Trait("Tier", "Unit")]
public sealed class PageTableTests : IDisposable
{
    private const ulong Present = 1UL << 63;
    private const ulong Exclusive = 1UL << 56;
    private const ulong File = 1UL << 61;
    private const ulong SoftDirty = 1UL << 55;
    private const ulong Start = 0x7f0000000000;

    private readonly FakeProc _tree = new();
    private readonly Dataset _dataset = new();

    public void Dispose()
    {
        _dataset.Dispose();
        _tree.Dispose();
    }

    [Fact]
    public void AlikeNeighboursAreOneRowWhateverTheirPageFrames()
    {
        _tree.AddProcess(7, Start, Present | Exclusive | 90, Present | Exclusive | 12, 0, Present | Exclusive | 13, Present | File | 14);

        _dataset.Export(_tree.Path, SnapshotTables.Pages);

        Assert.Equal(
            [
                [7L, Start, Start, 2L, "Present", true, false, null],
                [7L, Start, GetAddress(3), 1L, "Present", true, false, null],
                [7L, Start, GetAddress(4), 1L, "Present", false, true, null],
            ],
            _dataset.Query("SELECT process_id, mapping_start, address, pages, state, is_exclusive, is_file_or_shared_anon, pfn FROM 'snapshots/pages/**/*.parquet' ORDER BY address"));
    }

    [Fact]
    public void PageFrameNumbersAreThereOnlyWhenAskedFor()
    {
        _tree.AddProcess(7, Start, Present | 90, Present | 91, Present | 93);

        _dataset.Export(_tree.Path, SnapshotTables.Pages, new SnapshotOptions { IncludePfn = true });

        Assert.Equal([[Start, 2L, 90UL], [GetAddress(2), 1L, 93UL]], _dataset.Query("SELECT address, pages, pfn FROM 'snapshots/pages/**/*.parquet' ORDER BY address"));
    }

    [Fact]
    public void MappingsEndARow()
    {
        _tree.AddProcess(
                7,
                FormattableString.Invariant($"{Start:x}-{GetAddress(2):x} rw-p 00000000 00:00 0 "),
                FormattableString.Invariant($"{GetAddress(2):x}-{GetAddress(3):x} r--s 00001000 08:01 42 /srv/a b"))
            .WritePagemap(7, Start, Present | 1, Present | 2, Present | 3);

        _dataset.Export(_tree.Path, SnapshotTables.Pages | SnapshotTables.Mappings);

        Assert.Equal([[Start, 2L, "[anon]", null], [GetAddress(2), 1L, "/srv/a b", 42UL]], _dataset.Query(
            """
            SELECT p.address, p.pages, m.name, nullif(m.inode, 0)
            FROM 'snapshots/pages/**/*.parquet' p
            JOIN 'snapshots/mappings/**/*.parquet' m ON m.process_id = p.process_id AND m.start = p.mapping_start
            ORDER BY p.address
            """));
    }

    [Fact]
    public void SoftDirtyIsNullWhereTheKernelHasNoSuchBits()
    {
        _tree.AddProcess(7, Start, Present | SoftDirty | 1, Present | 2);

        _dataset.Export(_tree.Path, SnapshotTables.Pages);

        bool? clear = KernelFeatures.HasSoftDirty ? false : null;
        Assert.Equal([[true], [clear]], _dataset.Query("SELECT is_soft_dirty FROM 'snapshots/pages/**/*.parquet' ORDER BY address"));
    }

    [Fact]
    public void AProcessThatEndsIsAFailureAfterWhatWasReadOfIt()
    {
        // maps promises more pages than pagemap has: so it looks when the process exits meanwhile.
        _tree.AddProcess(7, FormattableString.Invariant($"{Start:x}-{GetAddress(100_000):x} rw-p 00000000 00:00 0 "))
            .WritePagemap(7, Start, [.. Enumerable.Repeat(Present | 1, 40_000)])
            .AddProcess(8, Start, Present | 1);

        SnapshotResult result = _dataset.Export(_tree.Path, SnapshotTables.Pages);

        Assert.Equal((7, ProcfsError.ProcessNotFound), Assert.Single(result.Failures.Select(failure => (failure.ProcessId!.Value, failure.Error))));
        Assert.Equal([[7L, 40_000L], [8L, 1L]], _dataset.Query("SELECT process_id, pages FROM 'snapshots/pages/**/*.parquet' ORDER BY process_id"));
    }

    [Fact]
    public void OnlySelectedProcessesAreThere()
    {
        _tree.AddProcess(7, Start, Present | 1).AddProcess(8, Start, Present | 1);

        SnapshotResult result = _dataset.Export(_tree.Path, SnapshotTables.Pages | SnapshotTables.Mappings, new SnapshotOptions { ProcessIds = [8, 9] });

        Assert.Equal([[8L, 8L]], _dataset.Query("SELECT p.process_id, m.process_id FROM 'snapshots/pages/**/*.parquet' p, 'snapshots/mappings/**/*.parquet' m"));
        Assert.All(result.Failures, failure => Assert.Equal(9, failure.ProcessId));
        Assert.Equal([[2L]], _dataset.Query("SELECT processes FROM 'snapshots/snapshots/**/*.parquet'"));
    }

    private static ulong GetAddress(ulong page) => Start + (page * KernelFile.PageSize);
}
