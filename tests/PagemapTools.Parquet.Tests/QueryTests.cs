using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Parquet.Tests;

/// <summary>The queries of docs/snapshots.md, as they are written there, over two snapshots of each of two made-up hosts.</summary>
[Trait("Tier", "Unit")]
public sealed class QueryTests : IDisposable
{
    private const ulong Present = 1UL << 63;
    private const ulong Exclusive = 1UL << 56;
    private const ulong FileBit = 1UL << 61;
    private const ulong Anonymous = (1UL << 3) | (1UL << 5) | (1UL << 12) | (1UL << 14);
    private const ulong Cache = (1UL << 3) | (1UL << 5);
    private const ulong Free = 1UL << 10;
    private const ulong Start = 0x7f0000000000;
    private const ulong LibraryStart = 0x7f1000000000;

    private static readonly long s_kib = (long)KernelFile.PageSize / 1024;

    private readonly Dataset _dataset = new();

    public QueryTests()
    {
        Export("db1", uss: 100, Free, Free, Anonymous, Anonymous, Cache, Free);
        Thread.Sleep(2);
        Export("db1", uss: 164, Free, Anonymous, Anonymous, Anonymous, Cache, Free);
        Export("web1", uss: 50, Cache, Cache, Cache, Cache, Cache, Free);
        Thread.Sleep(2);
        Export("web1", uss: 50, Cache, Cache, Cache, Cache, Cache, Free);
        _dataset.ExecuteEach(Document.Queries[0]);
    }

    public void Dispose() => _dataset.Dispose();

    [Fact]
    public void ThereAreTen() => Assert.Equal(10, Document.Queries.Count - 1);

    [Fact]
    public void TopFlags() => AssertRows(1, ["UPTODATE,LRU", 6 * s_kib], ["BUDDY", 3 * s_kib], ["UPTODATE,LRU,ANON,SWAPBACKED", 3 * s_kib]);

    [Fact]
    public void MemoryByUseOfEachHost() => AssertRows(
        2, ["db1", "Anonymous", 3 * s_kib], ["db1", "Free", 2 * s_kib], ["db1", "PageCache", s_kib], ["web1", "PageCache", 5 * s_kib], ["web1", "Free", s_kib]);

    [Fact]
    public void WhoseMemoryGrew() => AssertRows(3, ["db1", "postgres", 7, 100, 164]);

    [Fact]
    public void WhichProgramLeaks()
    {
        List<object?[]> rows = _dataset.Query(Document.Queries[4]);

        // 64 KiB in a few milliseconds. The other processes stay as they are.
        Assert.Equal(["db1", "postgres"], rows[0][..2]);
        Assert.InRange((double)rows[0][2]!, 64.0 * 86400 / 100, double.MaxValue);
        Assert.All(rows.Skip(1), row => Assert.Equal(0.0, row[2]));
        Assert.Equal(4, rows.Count);
    }

    [Fact]
    public void PageFramesThatChangedHands() => AssertRows(5, ["db1", "Free", 0, "Anonymous", 70, s_kib]);

    /// <summary>Page frame 4 is in both processes of each host; 2 is in one of them twice.</summary>
    [Fact]
    public void WhoShares() => AssertRows(6, ["db1", 7, 8, s_kib], ["web1", 7, 8, s_kib]);

    [Fact]
    public void PageFramesOfAProcess() => AssertRows(
        7,
        // Of the four pages, two have one page frame.
        ["db1", 7, "Anonymous", 1, 3 * s_kib],
        ["web1", 7, "PageCache", 1, 3 * s_kib],
        ["db1", 7, "PageCache", 2, s_kib],
        ["db1", 8, "PageCache", 2, s_kib],
        ["web1", 7, "PageCache", 2, s_kib],
        ["web1", 8, "PageCache", 2, s_kib]);

    [Fact]
    public void FragmentationOverTime()
    {
        List<object?[]> rows = _dataset.Query(Document.Queries[8]);

        Assert.Equal([("db1", 3 * s_kib, 0.0), ("db1", 2 * s_kib, 0.0), ("web1", s_kib, 0.0), ("web1", s_kib, 0.0)], rows.Select(row => ((string)row[0]!, ToLong(row[2]), Convert.ToDouble(row[3]))));
    }

    /// <summary>A stretch of 2 MiB that has two rows, and a page frame apart from it.</summary>
    [Fact]
    public void FragmentationJoinsRowsOfOneStretch()
    {
        int half = (int)((2UL << 20) / KernelFile.PageSize / 2);
        Thread.Sleep(2);
        Export("big", uss: 1, [.. Enumerable.Repeat(Free, half), .. Enumerable.Repeat(Free | (1UL << 3), half), Cache, Free]);

        object?[] row = Assert.Single(_dataset.Query(Document.Queries[8]), row => row[0] is "big");
        Assert.Equal((2048 + s_kib, Math.Round(100.0 * 2048 / (2048 + s_kib), 1)), (ToLong(row[2]), Convert.ToDouble(row[3])));
    }

    [Fact]
    public void FilesThatAreMapped() => AssertRows(9, ["/lib/libc.so.6", 4, 4 * s_kib]);

    /// <summary>The files of a made-up tree cannot be opened: this process holds one.</summary>
    [Fact]
    public void FilesInThePageCache()
    {
        string path = Path.Join(Path.GetDirectoryName(_dataset.Path), "cached");
        using FileStream file = new(path, FileMode.CreateNew);
        file.Write(new byte[3 * (int)KernelFile.PageSize]);
        file.Flush();

        _dataset.Export(null, SnapshotTables.Files, new SnapshotOptions { ProcessIds = [Environment.ProcessId], HostName = "own" });

        // The ten largest are others, perhaps.
        object?[] row = Assert.Single(_dataset.Query(Document.Queries[10].Replace("LIMIT 10", string.Empty, StringComparison.Ordinal)), row => row[0] is string found && found == path);
        Assert.Equal((1L, 3 * s_kib), (ToLong(row[1]), ToLong(row[2])));
    }

    /// <summary>Files get their names one after the other. A kill leaves those that have not got theirs under temporary names.</summary>
    [Fact]
    public void ASnapshotThatIsKilledBetweenTwoRenamesChangesNoAnswer()
    {
        string before = AskAll();
        Thread.Sleep(2);
        IReadOnlyList<SnapshotFile> files = Export("db1", uss: 300, Anonymous, Anonymous, Anonymous, Anonymous, Cache, Free).Files;
        Assert.NotEqual(before, AskAll());

        foreach (SnapshotFile file in files.Reverse())
        {
            File.Move(file.Path, Path.Join(Path.GetDirectoryName(file.Path), $".{Path.GetFileName(file.Path)}.killed"));
            Assert.Equal(before, AskAll());
        }
    }

    private string AskAll() => string.Join('\n', Document.Queries.Skip(1).SelectMany(_dataset.Query).Select(Format));

    /// <summary>Writes a snapshot of a host with these page frames. Process 7 maps 1, 2, 3 and 4, process 8 maps 4.</summary>
    private SnapshotResult Export(string host, int uss, params ulong[] flags)
    {
        using FakeProc tree = new();
        tree.WriteEntries("kpageflags", 0, flags)
            .WriteEntries("kpagecount", 0, 0, 1, 1, 1, 2, 0)
            .WriteEntries("kpagecgroup", 0, [.. flags.Select(word => word == Anonymous ? 70UL : 0)]);
        AddProcess(tree, 7, "postgres", uss, Present | Exclusive | 1, Present | 2, Present | 2, Present | 3);
        AddProcess(tree, 8, "sshd", 10);
        return _dataset.Export(tree.Path, SnapshotTables.All, new SnapshotOptions { HostName = host, IncludePfn = true });
    }

    private static void AddProcess(FakeProc tree, int processId, string name, int uss, params ulong[] entries)
    {
        ulong end = Start + ((ulong)Math.Max(1, entries.Length) * KernelFile.PageSize);
        tree.AddProcess(
                processId,
                FormattableString.Invariant($"{Start:x}-{end:x} rw-p 00000000 00:00 0 "),
                FormattableString.Invariant($"{LibraryStart:x}-{LibraryStart + KernelFile.PageSize:x} r--p 00000000 08:01 42 /lib/libc.so.6"))
            .WritePagemap(processId, Start, entries)
            .WritePagemap(processId, LibraryStart, Present | FileBit | 4)
            .WriteText($"{processId}/comm", name + "\n")
            .WriteText($"{processId}/smaps_rollup", FormattableString.Invariant($"{Start:x}-{LibraryStart:x} ---p 00000000 00:00 0 [rollup]\nRss: {uss} kB\nPss: {uss} kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: {uss} kB\nSwap: 0 kB\n"));
    }

    private void AssertRows(int query, params object[][] expected) =>
        Assert.Equal(expected.Select(Format), _dataset.Query(Document.Queries[query]).Select(Format));

    private static string Format(object?[] row) => string.Join(" | ", row.Select(value => FormattableString.Invariant($"{value}")));

    private static long ToLong(object? value) => long.Parse(FormattableString.Invariant($"{value}"));
}
