using PagemapTools.Procfs.HugePages;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>Compares the large folios of test processes with a count of their own, with smaps and with thpmaps.</summary>
[Collection(MachineSettings.Name)]
[Trait("Tier", "Privileged")]
public sealed class LargeFoliosTests
{
    private static readonly long s_page = (long)KernelFile.PageSize;

    [Theory]
    [InlineData("folios")]
    [InlineData("thp")]
    [InlineData("hugetlb-private")]
    [InlineData("huge-zero")]
    public void FoliosAreThoseThatTheHeadsOfThePagesShow(string kind)
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start(kind).Stop();
        UssVersusSmaps.RepeatUntilEqual(() => FindDifferences(target.ProcessId, _ => true));
    }

    /// <summary>The same for the regions alone. The guests run this one: without PAGEMAP_SCAN, smaps has what PMDs map.</summary>
    [Fact]
    public void RegionsHaveTheFoliosThatTheHeadsOfTheirPagesShow()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("folios", "kib=0").Stop();
        UssVersusSmaps.RepeatUntilEqual(() => FindDifferences(target.ProcessId, mapping => target.Regions.Any(region => region.Start == mapping.Start)));
        Assert.True(MeasureMappings(target.ProcessId).Single(row => row.Mapping.Start == target["pmd"].Start).IsPmdMapped);
    }

    [Fact]
    public void EachWayOfMappingIsARowOfItsOwn()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("folios").Stop();
        MappingHugePage[] rows = MeasureMappings(target.ProcessId);
        long pmd = target["pmd"].Length;
        Assert.Equal((HugePageKind.Anonymous, pmd, true, true, true, pmd, 100.0), Describe(Find(rows, target["pmd"])));
        Assert.Equal((HugePageKind.Anonymous, pmd, true, true, false, pmd, 100.0), Describe(Find(rows, target["split"])));
        Assert.Equal((HugePageKind.Anonymous, pmd, true, false, false, pmd / 2, 100.0), Describe(Find(rows, target["unmapped"])));
        Assert.Equal((HugePageKind.Anonymous, pmd, false, true, false, pmd, 100.0), Describe(Find(rows, target["moved"])));
        foreach (int kib in (int[])[16, 64, 256])
        {
            long size = kib * 1024;
            Assert.Equal((HugePageKind.Anonymous, size, true, true, false, size, 100.0), Describe(Find(rows, target[$"whole-{kib}"])));
            Assert.Equal((HugePageKind.Anonymous, size, true, false, false, size - s_page, 100.0), Describe(Find(rows, target[$"zapped-{kib}"])));
        }
    }

    [Fact]
    public void EachLineOfThpmapsIsTheSumOfRows()
    {
        Require.PageFrames();
        Require.Thpmaps();
        using TargetProcess target = TargetProcess.Start("folios").Stop();
        UssVersusSmaps.RepeatUntilEqual(() =>
        {
            SortedDictionary<string, long> ours = new(StringComparer.Ordinal);
            foreach (MappingHugePage row in MeasureMappings(target.ProcessId))
            {
                if (Thpmaps.GetName($"{row.Kind}", row.FolioSize, row.IsAligned, row.IsWhole, row.IsPmdMapped) is { } name)
                {
                    string key = $"{row.Mapping.Start:x} {name}";
                    ours[key] = ours.GetValueOrDefault(key) + row.Bytes;
                }
            }

            SortedDictionary<string, long> theirs = Thpmaps.Read(target.ProcessId);
            Assert.True(theirs.Count >= 10, $"thpmaps shows {theirs.Count} lines");
            return [.. ours.Except(theirs).Select(row => $"only here: {row}"), .. theirs.Except(ours).Select(row => $"only in thpmaps: {row}")];
        });
    }

    [Fact]
    public void MovingAProtectionChangesTheMappingAndNotTheFolio()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("thp", "shmem=0").Stop();
        ProcessHugePage whole = MeasureMappings(target.ProcessId).Single(row => row.Mapping.Start == target["whole"].Start);
        Assert.True(whole.IsPmdMapped);
        Assert.Equal(whole.Bytes, UssVersusSmaps.ReadSmaps(target["whole"])["AnonHugePages"]);
        MappingHugePage half = MeasureMappings(target.ProcessId).Single(row => row.Mapping.Start == target["split-read-only"].Start);
        Assert.Equal((whole.FolioSize, false, false, whole.FolioSize / 2), (half.FolioSize, half.IsWhole, half.IsPmdMapped, half.Bytes));
        Assert.Equal(0, UssVersusSmaps.ReadSmaps(target["split-read-only"])["AnonHugePages"]);
    }

    [Fact]
    public void HugetlbPagesHaveNoShareOfRss()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("hugetlb-private").Stop();
        using ProcfsContext procfs = new();
        ProcessHugePage row = procfs.MeasureHugePages(target.ProcessId, cancellationToken: TestContext.Current.CancellationToken).Single(row => row.Kind == HugePageKind.Hugetlb);
        long size = long.Parse(target.Region.Expect["huge-page-size"], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal((size, true, true, 2 * size), (row.FolioSize, row.IsWhole, row.IsAligned, row.Bytes));
        Assert.Null(row.Percent);
        Assert.Equal(Smaps.ReadRollup(target.ProcessId).Hugetlb, row.Bytes);
    }

    private static List<string> FindDifferences(int processId, Func<Smaps, bool> isCompared)
    {
        using FolioCount count = new();
        ILookup<ulong, MappingHugePage> rows = MeasureMappings(processId).ToLookup(row => row.Mapping.Start);
        List<string> differences = [];
        foreach (Smaps mapping in Smaps.ReadMappings(processId).Where(mapping => mapping.Name is not ("[vvar]" or "[vvar_vclock]" or "[vsyscall]") && isCompared(mapping)))
        {
            SortedDictionary<string, long> ours = new(StringComparer.Ordinal);
            foreach (MappingHugePage row in rows[mapping.Start])
            {
                string memory = row.Kind == HugePageKind.Shmem ? "File" : $"{row.Kind}";
                string kind = $"{new FolioKind(memory, row.FolioSize / s_page, row.IsAligned, row.IsWhole)}";
                ours[kind] = ours.GetValueOrDefault(kind) + row.PageCount;
                Add("Rss", mapping["Rss"], row.Rss);
            }

            SortedDictionary<string, long> theirs = count.Count(processId, mapping);
            differences.AddRange(ours.Except(theirs).Concat(theirs.Except(ours)).Select(kind => $"{mapping.Name} {mapping.Start:x}: {kind}, ours {ours.GetValueOrDefault(kind.Key)}"));
            Add("AnonHugePages", mapping["AnonHugePages"], Sum(rows[mapping.Start], HugePageKind.Anonymous));
            Add("ShmemPmdMapped", mapping["ShmemPmdMapped"], Sum(rows[mapping.Start], HugePageKind.Shmem));
            Add("FilePmdMapped", mapping["FilePmdMapped"], Sum(rows[mapping.Start], HugePageKind.File));

            void Add(string figure, long kernel, long ours)
            {
                if (kernel != ours)
                {
                    differences.Add($"{mapping.Name} {mapping.Start:x}: {figure} {ours}, smaps says {kernel}");
                }
            }
        }

        return differences;
    }

    private static long Sum(IEnumerable<MappingHugePage> rows, HugePageKind kind) => rows.Where(row => row.Kind == kind && row.IsPmdMapped).Sum(row => row.Bytes);

    private static MappingHugePage Find(MappingHugePage[] rows, TargetRegion region) => rows.Single(row => row.Mapping.Start == region.Start);

    private static (HugePageKind, long, bool, bool, bool, long, double?) Describe(ProcessHugePage row) =>
        (row.Kind, row.FolioSize, row.IsAligned, row.IsWhole, row.IsPmdMapped, row.Bytes, row.Percent);

    private static MappingHugePage[] MeasureMappings(int processId)
    {
        using ProcfsContext procfs = new();
        return [.. new HugePageMeter(procfs).MeasureMappings(processId, TestContext.Current.CancellationToken)];
    }
}
