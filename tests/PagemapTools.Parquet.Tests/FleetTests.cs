using System.Diagnostics;

namespace PagemapTools.Parquet.Tests;

/// <summary>The ten queries over the nights of a made-up fleet, in which one program of one host leaks.</summary>
[Trait("Tier", "Unit")]
public sealed class FleetTests : IDisposable
{
    private const string Anonymous = "UPTODATE,LRU,ANON,SWAPBACKED";

    private static readonly long s_kib = (long)KernelFile.PageSize / 1024;

    private readonly Dataset _dataset = new();

    public void Dispose() => _dataset.Dispose();

    /// <summary>What each run of the tests has time for.</summary>
    [Fact]
    public void TheQueriesAnswerForSomeNights() => WriteAndAsk(hosts: 20, nights: 6);

    /// <summary>210,000 files. Run it with: PagemapTools.Parquet.Tests -explicit only -showLiveOutput</summary>
    [Fact(Explicit = true)]
    public void TheQueriesAnswerForAMonthOfAThousandHosts() => WriteAndAsk(hosts: 1000, nights: 30);

    /// <summary>Asks the dataset as it was written, and its copy in few files.</summary>
    private void WriteAndAsk(int hosts, int nights)
    {
        MadeUpFleet fleet = new(hosts, nights);
        Measure("Write", () => fleet.Write(_dataset.Path, TestContext.Current.CancellationToken));
        _dataset.ExecuteEach(Document.Queries[0]);
        AskAll(fleet, hosts, nights);

        string copy = Directory.CreateDirectory(Path.Join(Path.GetDirectoryName(_dataset.Path), "copy")).FullName;
        Measure("Copy", () => _dataset.ExecuteEach(Document.Compaction.Replace("'copy/", $"'{copy}/", StringComparison.Ordinal)));
        Directory.Delete(_dataset.Path, recursive: true);
        Directory.Move(copy, _dataset.Path);
        AskAll(fleet, hosts, nights);
    }

    private void AskAll(MadeUpFleet fleet, int hosts, int nights)
    {
        string leaking = MadeUpFleet.GetHost(fleet.LeakingHost);
        string first = MadeUpFleet.GetHost(0);
        long leaked = (nights - 1L) * MadeUpFleet.LeakFrames;
        long largest = MadeUpFleet.GetFrames(MadeUpFleet.Programs - 1);
        long programs = Enumerable.Range(0, MadeUpFleet.Programs).Sum(program => (long)MadeUpFleet.GetFrames(program));
        long free = MadeUpFleet.ScatteredFrames + fleet.SpareFrames;

        AssertFirst(
            Ask(1, rows: 5),
            ["BUDDY", ((hosts * free) - leaked) * s_kib],
            ["SLAB", hosts * MadeUpFleet.SlabFrames * s_kib],
            [Anonymous, ((hosts * programs / 2) + leaked) * s_kib]);
        List<object?[]> uses = Ask(2, rows: 4 * hosts);
        AssertFirst(
            uses.Where(row => row[0] is string host && host == leaking),
            [leaking, "Anonymous", (programs + leaked) * s_kib],
            [leaking, "Free", (free - leaked) * s_kib],
            [leaking, "Slab", MadeUpFleet.SlabFrames * s_kib],
            [leaking, "PageCache", MadeUpFleet.LibraryFrames * s_kib]);
        AssertFirst(uses, [first, "Free", free * s_kib]);
        AssertFirst(Ask(3, rows: 1), [leaking, "program7", 107, (largest + leaked - MadeUpFleet.LeakFrames) * s_kib, (largest + leaked) * s_kib]);
        AssertFirst(Ask(4, rows: 10), [leaking, "program7", MadeUpFleet.LeakFrames * s_kib, nights]);
        AssertFirst(Ask(5, rows: 1), [leaking, "Free", 0, "Anonymous", MadeUpFleet.Cgroup, MadeUpFleet.LeakFrames * s_kib]);
        AssertFirst(Ask(6, rows: 10), [first, 100, 101, MadeUpFleet.LibraryFrames * s_kib]);
        AssertFirst(Ask(7, rows: 20), [leaking, 107, "Anonymous", 1, (largest + leaked) * s_kib], [first, 107, "Anonymous", 1, largest * s_kib]);
        List<object?[]> fragments = Ask(8, rows: hosts * nights);
        Assert.Equal(
            Enumerable.Range(0, nights).Select(night => free - (night * (long)MadeUpFleet.LeakFrames)).Select(left => Format([left * s_kib, Math.Round(100.0 * (left - MadeUpFleet.ScatteredFrames) / left, 1)])),
            fragments.Where(row => row[0] is string host && host == leaking).Select(row => Format(row[2..])));
        AssertFirst(Ask(9, rows: 1), [MadeUpFleet.Library, hosts * MadeUpFleet.Programs, hosts * MadeUpFleet.Programs * MadeUpFleet.LibraryFrames * s_kib]);
        AssertFirst(Ask(10, rows: 2), [MadeUpFleet.Log, hosts, hosts * MadeUpFleet.LogFrames * s_kib, hosts * s_kib]);
    }

    private List<object?[]> Ask(int query, int rows)
    {
        List<object?[]> found = [];
        Measure($"Query {query}", () => found = _dataset.Query(Document.Queries[query]));
        Assert.Equal(rows, found.Count);
        return found;
    }

    /// <summary>Prints how long an action takes, and the peak of the process's memory meanwhile.</summary>
    private static void Measure(string name, Action action)
    {
        // 5 resets the peak (Documentation/filesystems/proc.rst, clear_refs), where the kernel has the file.
        const string ClearRefs = "/proc/self/clear_refs";
        if (File.Exists(ClearRefs))
        {
            File.WriteAllText(ClearRefs, "5");
        }

        Stopwatch clock = Stopwatch.StartNew();
        action();
        string peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{name}: {clock.Elapsed.TotalSeconds:f1} s, {peak}"));
    }

    private static void AssertFirst(IEnumerable<object?[]> rows, params object[][] expected) => Assert.Equal(expected.Select(Format), rows.Take(expected.Length).Select(Format));

    private static string Format(object?[] row) => string.Join(" | ", row.Select(value => FormattableString.Invariant($"{value}")));
}
