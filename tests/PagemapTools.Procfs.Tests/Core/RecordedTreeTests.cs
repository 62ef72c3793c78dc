using PagemapTools.Procfs.Cells;
using PagemapTools.Procfs.Groups;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Sharing;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Core;

/// <summary>
/// Two processes of a kernel with pages of 16 KiB, compared with the smaps that was recorded with them. PageSizeTests runs these tests, in a
/// process that reads pages of that size.
/// </summary>
[Trait("Tier", "Unit")]
public sealed class RecordedTreeTests : IDisposable
{
    private readonly RecordedTree _tree = new("linux-6.12-arm64-16k.txt");
    private readonly ProcfsContext _procfs;

    public RecordedTreeTests() => _procfs = new ProcfsContext(_tree.Root);

    public void Dispose()
    {
        _procfs.Dispose();
        _tree.Dispose();
    }

    [Theory(Explicit = true)]
    [InlineData(UssMethod.Exclusive)]
    [InlineData(UssMethod.MapCount)]
    [InlineData(UssMethod.Rollup)]
    public void MappingsEqualSmaps(UssMethod method) => Assert.All(_tree.ProcessIds, id => Assert.Equal(
        _tree.ReadSmaps(id).Select(mapping => (mapping.Start, mapping["Rss"], mapping.Uss, mapping.Shared)),
        new UssMeter(_procfs, method).MeasureMappings(id, cancellationToken: TestContext.Current.CancellationToken)
            .Select(mapping => (mapping.Mapping.Start, mapping.Rss ?? -1, mapping.Uss ?? -1, mapping.Shared ?? -1))));

    [Theory(Explicit = true)]
    [InlineData(UssMethod.Exclusive)]
    [InlineData(UssMethod.MapCount)]
    [InlineData(UssMethod.Rollup)]
    public void ProcessesEqualSmapsRollup(UssMethod method) => Assert.All(_tree.ProcessIds, id =>
    {
        Smaps expected = _tree.ReadSmapsRollup(id);
        ProcessUss measured = _procfs.MeasureUss(id, method, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal<(long?, long?, long?, long?)>((expected["Rss"], expected.Uss, expected.Shared, expected["Swap"]), (measured.Rss, measured.Uss, measured.Shared, measured.Swap));
    });

    // Of memory that only these two processes map, half of the pages that they share is the Pss of each.
    [Fact(Explicit = true)]
    public void ForkedMemoryIsWhatTheySharePrivatelyInSmaps()
    {
        Smaps[] anonymous = [.. _tree.ProcessIds.SelectMany(id => _tree.ReadSmaps(id)).Where(mapping => mapping["Anonymous"] > 0)];
        long shared = anonymous.Where(mapping => mapping["Anonymous"] == mapping["Rss"]).Sum(mapping => mapping.Shared) / 2;
        ProcessSharing pair = new SharingMeter(_procfs).Measure(_tree.ProcessIds, cancellationToken: TestContext.Current.CancellationToken).EnumeratePairs().Single();

        // One page of the data of the program is copied, and shared; its mapping also has pages of the file.
        Assert.Equal(shared + (long)KernelFile.PageSize, pair.Anonymous);

        ProcessGroupUss group = _procfs.MeasureGroupUss([.. _tree.ProcessIds], cancellationToken: TestContext.Current.CancellationToken).Uss!;
        Assert.Equal(anonymous.Sum(mapping => mapping.Uss) + pair.Anonymous, group.UssAnonymous);
    }

    [Fact(Explicit = true)]
    public void AMapCountsThePagesOfRss() => Assert.All(_tree.ProcessIds, id =>
    {
        PageCellMap map = _procfs.ReadProcessCells(id, new PageCellQuery(), cancellationToken: TestContext.Current.CancellationToken);
        Smaps expected = _tree.ReadSmapsRollup(id);
        Assert.Equal([("Private", expected.Uss), ("Shared", expected.Shared)], map.Legend.Where(category => category.IsPresent).Select(category => (category.Name, category.Bytes)));
    });
}
