using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Uss;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>Compares a walk by PAGEMAP_SCAN (Linux 6.7) with a walk that reads every entry and with a direct read of pagemap.</summary>
[Trait("Tier", "Live")]
public sealed class WalksAgreeTests
{
    private const ulong Populated = PagemapBits.Present | PagemapBits.Swap;

    private static readonly ProcRoot s_root = new("/proc");

    [Theory]
    [InlineData("dense", "size=96MiB")]
    [InlineData("scattered", "reserve=2GiB", "pages=300")]
    [InlineData("scattered", "reserve=256MiB", "pages=5000")]
    [InlineData("guard")]
    [InlineData("uffd-wp")]
    [InlineData("prot-none", "size=64MiB")]
    [InlineData("many-mappings", "count=5000", "written=1")]
    public void ScanningFindsThePagesThatReadingFinds(string kind, params string[] options)
    {
        using TargetProcess target = TargetProcess.Start(kind, options).Stop();
        using ProcessAddressSpace process = ProcessAddressSpace.Open(s_root, target.ProcessId);

        // The runtime reserves 256 GiB and more in one mapping. Reading each of its entries takes minutes.
        PageWalkOptions scan = new() { Mappings = mapping => mapping.Size <= 4UL << 30 };
        PageWalkOptions whole = scan with { Categories = PageCategories.None };
        KeyValuePair<ulong, ulong>[] scanned = [.. Walks.ReadEntries(process, scan).Where(pair => (pair.Value & Populated) != 0)];
        KeyValuePair<ulong, ulong>[] read = [.. Walks.ReadEntries(process, whole).Where(pair => (pair.Value & Populated) != 0)];
        AssertSame(read, scanned);
        TargetRegion region = target.Regions[0];
        AssertSame(ReadEntries(region), [.. scanned.Where(pair => pair.Key >= region.Start && pair.Key < region.End)]);
    }

    [Fact]
    public void AWalkOfAllCategoriesDeliversEachPageOnce()
    {
        using TargetProcess target = TargetProcess.Start("anon").Stop();
        using ProcessAddressSpace process = ProcessAddressSpace.Open(s_root, target.ProcessId);
        PageWalkOptions whole = new() { Categories = PageCategories.None, Mappings = mapping => mapping.Size <= 1UL << 30 };
        long expected = process.ReadMappings().Where(mapping => mapping.HasPagemap && mapping.Size <= 1UL << 30).Sum(mapping => (long)(mapping.Size / KernelFile.PageSize));
        Assert.Equal(expected, Walks.ReadEntries(process, whole).Count);
    }

    [Fact]
    public void ScanningReadsLittleOfALargeReservation()
    {
        Require.Kernel(6, 7, "PAGEMAP_SCAN");
        using TargetProcess target = TargetProcess.Start("scattered", "reserve=1TiB", "pages=2000").Stop();
        TargetRegion region = target["scattered"];
        ulong stride = ulong.Parse(region.Expect["stride-bytes"]);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(s_root, target.ProcessId);
        SortedDictionary<ulong, ulong> walked = Walks.ReadEntries(process, new PageWalkOptions { Addresses = [region.Range] });
        Assert.Equal(
            Enumerable.Range(0, 2000).Select(i => region.Start + ((ulong)i * stride)),
            walked.Where(pair => (pair.Value & Populated) != 0).Select(pair => pair.Key));
        Assert.InRange(walked.Count, 2000, 2000 * 70);
    }

    [Fact]
    public void ASparse16TiBMappingIsMeasuredQuickly()
    {
        Require.Kernel(6, 7, "PAGEMAP_SCAN");
        using TargetProcess target = TargetProcess.Start("scattered").Stop();
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        MappingUss uss = UssVersusSmaps.MeasureRegion(target["scattered"], UssMethod.Exclusive);
        Assert.Equal(16384L * Environment.SystemPageSize, uss.Uss);

        // Reading every entry takes half a minute. The bound allows for a busy machine.
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20));
        UssVersusSmaps.Check(target["scattered"]);
    }

    [Fact]
    public void AWalkCovers70000Mappings()
    {
        using TargetProcess target = TargetProcess.Start("many-mappings", "written=1").Stop();
        TargetRegion region = target["many-mappings"];
        int count = int.Parse(region.Expect["mappings"]);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(s_root, target.ProcessId);
        MemoryMapping[] mappings = [.. process.ReadMappings().Where(mapping => mapping.Start >= region.Start && mapping.Start < region.End)];
        Assert.Equal(count, mappings.Length);
        Assert.Equal(Enumerable.Range(0, count).Select(i => region.Start + ((ulong)i * KernelFile.PageSize)), mappings.Select(mapping => mapping.Start));
        Assert.All(mappings, mapping => Assert.Equal(KernelFile.PageSize, mapping.Size));
        SortedDictionary<ulong, ulong> walked = Walks.ReadEntries(process, new PageWalkOptions { Addresses = [region.Range] });
        Assert.Equal((count + 1) / 2, walked.Count(pair => (pair.Value & PagemapBits.Present) != 0));
    }

    private static void AssertSame(KeyValuePair<ulong, ulong>[] expected, KeyValuePair<ulong, ulong>[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            // Bit 56 of a stopped process can change, because other processes map the same pages.
            Assert.True(
                expected[i].Key == actual[i].Key && ((expected[i].Value ^ actual[i].Value) & ~PagemapBits.Exclusive) == 0,
                $"{actual[i].Key:x}: {actual[i].Value:x}, expected {expected[i].Key:x}: {expected[i].Value:x}");
        }
    }

    private static KeyValuePair<ulong, ulong>[] ReadEntries(TargetRegion region) =>
        [.. KernelFile.ReadPagemap(region.ProcessId, region.Start, region.PageCount)
            .Select((word, page) => KeyValuePair.Create(region.Start + ((ulong)page * KernelFile.PageSize), word))
            .Where(pair => (pair.Value & Populated) != 0)];
}
