using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Walk;

/// <summary>Walks fake proc trees, whose files answer PAGEMAP_SCAN with ENOTTY.</summary>
[Trait("Tier", "Unit")]
public sealed class PageWalkTests
{
    private const int Id = 7;
    private static readonly ulong s_page = KernelFile.PageSize;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public void AWalkDeliversEntriesWithAddressAndMapping()
    {
        using FakeProc tree = new FakeProc()
            .AddProcess(Id, FormatLine(0x10, 0x13, "/first"), FormatLine(0x13, 0x15, "/second"), FormatLine(0x100, 0x101, "[heap]"))
            .WritePagemap(Id, GetAddress(0x10), 1, 2, 3, 4, 5).WritePagemap(Id, GetAddress(0x100), 6);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        using PageWalk walk = new(process, new PageWalkOptions());
        List<(string, ulong, ulong[])> runs = [];
        while (walk.MoveNext(CancellationToken))
        {
            runs.Add((walk.Mapping.Name, walk.Address, walk.Entries.ToArray()));
        }

        Assert.Equal(["/first", "/second", "[heap]"], runs.Select(run => run.Item1));
        Assert.Equal([GetAddress(0x10), GetAddress(0x13), GetAddress(0x100)], runs.Select(run => run.Item2));
        Assert.Equal([[1UL, 2, 3], [4, 5], [6]], runs.Select(run => run.Item3));
        Assert.Equal(0, walk.Entries.Length);
    }

    [Fact]
    public void ALargeMappingComesInBatchesWithoutGaps()
    {
        const int Pages = 100_000;
        ulong[] entries = [.. Enumerable.Range(1, Pages).Select(i => (ulong)i)];
        using FakeProc tree = new FakeProc().AddProcess(Id, FormatLine(0x10, 0x10 + Pages, "/large")).WritePagemap(Id, GetAddress(0x10), entries);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        SortedDictionary<ulong, ulong> walked = Walks.ReadEntries(process);
        Assert.Equal(entries, walked.Values);
        Assert.Equal(GetAddress(0x10), walked.Keys.First());
        Assert.Equal(GetAddress(0x10 + Pages - 1), walked.Keys.Last());
    }

    [Fact]
    public void WithoutPagemapScanEveryEntryIsRead()
    {
        // The mapping is large enough for a scan. Its few populated pages lie apart.
        using FakeProc tree = new FakeProc().AddProcess(Id, FormatLine(0x10, 0x10 + 50_000, "/sparse"))
            .WritePagemap(Id, GetAddress(0x10), PagemapBits.Present | 1).WritePagemap(Id, GetAddress(0x10 + 20_000), PagemapBits.Present | 2).WritePagemap(Id, GetAddress(0x10 + 49_999), PagemapBits.Present | 3);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        SortedDictionary<ulong, ulong> walked = Walks.ReadEntries(process);
        Assert.Equal(50_000, walked.Count);
        Assert.Equal([GetAddress(0x10), GetAddress(0x10 + 20_000), GetAddress(0x10 + 49_999)], walked.Where(pair => pair.Value != 0).Select(pair => pair.Key));
    }

    /// <summary>/proc/thread-self/io counts the calls of read and pread.</summary>
    [Fact]
    public void SmallNeighboursAreReadTogether()
    {
        Require.ReadableFile("/proc/thread-self/io");
        const int Mappings = 200;
        const ulong Distance = 16;
        FakeProc tree = new();
        using FakeProc disposed = tree.AddProcess(Id, [.. Enumerable.Range(1, Mappings).Select(i => FormatLine((ulong)i * Distance, ((ulong)i * Distance) + 2, $"/{i}"))]);
        foreach (ulong i in Enumerable.Range(1, Mappings).Select(i => (ulong)i))
        {
            tree.WritePagemap(Id, GetAddress(i * Distance), i, i);
        }

        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        using PageWalk walk = new(process, new PageWalkOptions());
        long before = ReadCalls();
        int runs = 0;
        while (walk.MoveNext(CancellationToken))
        {
            runs++;
            Assert.Equal(($"/{runs}", GetAddress((ulong)runs * Distance)), (walk.Mapping.Name, walk.Address));
            Assert.Equal([(ulong)runs, (ulong)runs], walk.Entries.ToArray());
        }

        Assert.Equal(Mappings, runs);
        Assert.InRange(ReadCalls() - before, 1, Mappings / 10);
    }

    [Fact]
    public void DistantNeighboursAreReadApart()
    {
        using FakeProc tree = new FakeProc().AddProcess(Id, FormatLine(0x10, 0x12, "/first"), FormatLine(0x4010, 0x4012, "/second"), FormatLine(0x4013, 0x4014, "/third"))
            .WritePagemap(Id, GetAddress(0x10), 1, 2).WritePagemap(Id, GetAddress(0x4010), 3, 4, 99, 5);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        Assert.Equal([1UL, 2, 3, 4, 5], Walks.ReadEntries(process).Values.AsEnumerable());
    }

    /// <summary>A failure that reading ahead meets is thrown after the entries before it.</summary>
    [Fact]
    public void MalformedLineIsReportedAfterTheEntriesBeforeIt()
    {
        using FakeProc tree = new FakeProc().AddProcess(Id, FormatLine(0x10, 0x11, "/first"), FormatLine(0x12, 0x13, "/second"), "no mapping")
            .WritePagemap(Id, GetAddress(0x10), 1, 99, 2, 0);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        using PageWalk walk = new(process, new PageWalkOptions());
        Assert.True(walk.MoveNext(CancellationToken));
        Assert.True(walk.MoveNext(CancellationToken));
        Assert.Equal(2UL, Assert.Single(walk.Entries.ToArray()));
        Assert.Equal(ProcfsError.ReadFailed, Assert.Throws<ProcfsException>(() => walk.MoveNext(CancellationToken)).Error);
        Assert.Throws<ProcfsException>(() => walk.MoveNext(CancellationToken));
    }

    [Fact]
    public void AWalkCoversOnlyTheSelectedMappings()
    {
        using FakeProc tree = CreateThreeMappings();
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        Assert.Equal([4UL, 5], Walks.ReadEntries(process, new PageWalkOptions { Mappings = mapping => mapping.Path == "/second" }).Values.AsEnumerable());
        Assert.Empty(Walks.ReadEntries(process, new PageWalkOptions { Mappings = _ => false }));
    }

    [Theory]
    [InlineData(0x10, 0x11, "1")]
    [InlineData(0x12, 0x14, "3,4")]
    [InlineData(0x0, 0x1000, "1,2,3,4,5,6")]
    [InlineData(0x15, 0x100, "")]
    [InlineData(0x14, 0x101, "5,6")]
    public void AWalkCoversOnlyTheSelectedAddresses(ulong first, ulong end, string expected)
    {
        using FakeProc tree = CreateThreeMappings();
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        Assert.Equal(expected, string.Join(',', Walks.ReadEntries(process, new PageWalkOptions { Addresses = [new(GetAddress(first), GetAddress(end))] }).Values));
    }

    [Fact]
    public void AWalkSortsAddressesAndSkipsDuplicates()
    {
        using FakeProc tree = CreateThreeMappings();
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        AddressRange[] ranges = [new(GetAddress(0x100)), new(GetAddress(0x10) + 5), new(GetAddress(0x14), GetAddress(0x15)), new(GetAddress(0x10), GetAddress(0x12))];
        Assert.Equal([1UL, 2, 5, 6], Walks.ReadEntries(process, new PageWalkOptions { Addresses = ranges }).Values.AsEnumerable());
    }

    [Fact]
    public void AWalkSkipsTheVsyscallPage()
    {
        using FakeProc tree = new FakeProc().AddProcess(Id, FormatLine(0x10, 0x11, "/first"), $"ffffffffff600000-{0xffffffffff600000 + KernelFile.PageSize:x} --xp 00000000 00:00 0 [vsyscall]")
            .WritePagemap(Id, GetAddress(0x10), 1);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        Assert.Equal(1UL, Assert.Single(Walks.ReadEntries(process)).Value);
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "1")]
    [InlineData(4, "1,2,3,4")]
    public void EntriesReadBeforeAnExitPrecedeTheError(int entries, string expected)
    {
        using FakeProc tree = new FakeProc().AddProcess(Id, FormatLine(0x10, 0x13, "/first"), FormatLine(0x13, 0x16, "/second"))
            .WritePagemap(Id, GetAddress(0x10), [.. Enumerable.Range(1, entries).Select(i => (ulong)i)]);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        using PageWalk walk = new(process, new PageWalkOptions());
        List<ulong> delivered = [];
        ProcfsException failure = Assert.Throws<ProcfsException>(() =>
        {
            while (walk.MoveNext(CancellationToken))
            {
                delivered.AddRange(walk.Entries);
            }
        });
        Assert.Equal(expected, string.Join(',', delivered));
        Assert.Equal(ProcfsError.ProcessNotFound, failure.Error);
        Assert.Equal(Id, failure.ProcessId);
    }

    [Fact]
    public void AProcessThatBecomesAZombieIsNotFound()
    {
        using FakeProc tree = new FakeProc().AddProcess(Id, FormatLine(0x10, 0x13, "/first")).WritePagemap(Id, 0).WriteStatus(Id, 'Z', 0);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        Assert.Equal(ProcfsError.ProcessNotFound, Assert.Throws<ProcfsException>(() => Walks.ReadEntries(process)).Error);
    }

    [Fact]
    public void TruncatedMapsOfAnExitingProcessAreDetected()
    {
        // maps ends after one line as if it were complete. Only the pagemap shows that the process has exited.
        using FakeProc tree = new FakeProc().AddProcess(Id, FormatLine(0x10, 0x11, "/first")).WritePagemap(Id, GetAddress(0x9), 1);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        Assert.Equal(ProcfsError.ProcessNotFound, Assert.Throws<ProcfsException>(() => process.ReadMappings().ToArray()).Error);
    }

    [Fact]
    public void AWalkCanBeCancelledBetweenBatches()
    {
        using CancellationTokenSource source = new();
        using FakeProc tree = CreateThreeMappings();
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        using PageWalk walk = new(process, new PageWalkOptions());
        Assert.True(walk.MoveNext(source.Token));
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => walk.MoveNext(source.Token));
    }

    [Fact]
    public void MappingThrowsBeforeTheFirstMove()
    {
        using FakeProc tree = CreateThreeMappings();
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        using PageWalk walk = new(process, new PageWalkOptions());
        Assert.Throws<InvalidOperationException>(() => walk.Mapping);
        Assert.Equal(0, walk.Entries.Length);
    }

    private static long ReadCalls() => long.Parse(
        File.ReadLines("/proc/thread-self/io").First(line => line.StartsWith("syscr:", StringComparison.Ordinal))["syscr:".Length..], System.Globalization.CultureInfo.InvariantCulture);

    private static FakeProc CreateThreeMappings() => new FakeProc()
        .AddProcess(Id, FormatLine(0x10, 0x13, "/first"), FormatLine(0x13, 0x15, "/second"), FormatLine(0x100, 0x101, "[heap]"))
        .WritePagemap(Id, GetAddress(0x10), 1, 2, 3, 4, 5).WritePagemap(Id, GetAddress(0x100), 6);

    private static ulong GetAddress(ulong number) => number * s_page;

    private static string FormatLine(ulong first, ulong end, string name) => $"{GetAddress(first):x}-{GetAddress(end):x} rw-p 00000000 08:01 5 {name}";
}
