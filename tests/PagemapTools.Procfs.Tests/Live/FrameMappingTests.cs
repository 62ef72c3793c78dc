using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.ReverseMap;
using PagemapTools.Procfs.SharedMemory;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>The mappings of page frames, compared with a brute-force scan of the processes that have them.</summary>
[Collection(MachineSettings.Name)]
[Trait("Tier", "Privileged")]
public sealed class FrameMappingTests
{
    [Theory]
    [InlineData("anon", "")]
    [InlineData("fork", "")]
    [InlineData("fork", "next")]
    [InlineData("memfd", "child=1")]
    [InlineData("sysv-shm", "child=1")]
    [InlineData("sysv-shm-first", "child=1")]
    [InlineData("posix-shm", "child=1")]
    [InlineData("file-shared", "child=1")]
    [InlineData("deleted-file", "child=1")]
    [InlineData("file-private", "")]
    [InlineData("mapped-twice", "")]
    [InlineData("mapped-twice", "next")]
    [InlineData("thp", "shmem=0")]
    [InlineData("hugetlb-private", "")]
    [InlineData("hugetlb-shared", "")]
    [InlineData("hugetlb-shared", "reserve=2GiB")]
    [InlineData("ksm", "")]
    [InlineData("clone-vm", "")]
    public void MappingsEqualABruteForceScan(string kind, string option)
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.StartInKnownMemory(kind, option is "" or "next" ? [] : [option]);
        (option == "next" ? target.Next() : target).Stop();
        int[] family = [target.ProcessId, .. target.Children];
        ulong[] pfns = [.. target.Regions.SelectMany(FrameHolders.ReadFrames).Distinct().Where(pfn => !KernelFrames.IsZeroPage(pfn))];
        Assert.NotEmpty(pfns);

        AssertEqualsScan(family, pfns);
        AssertEqualsScan(family, pfns[..1]);
        AssertEqualsScan(family, pfns[^1..]);
    }

    [Fact]
    public void FileThatThreeProcessesMapIsFoundInEach()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("file-shared", "child=1").Stop();
        TargetRegion region = target["file-shared"];
        using OwnPages own = OwnPages.MapShared(region.Expect["path"], 16);
        ulong[] pfns = FrameHolders.ReadFrames(region);

        AssertEqualsScan([target.ProcessId, target.Children[0], Environment.ProcessId], pfns);
        using ProcfsContext procfs = new();
        FrameMapping[] mappings = Find(procfs, pfns[..1]);
        Assert.Equal(3, mappings.Select(mapping => mapping.ProcessId).Distinct().Count());
    }

    /// <summary>/proc/self/io counts the bytes that a process reads; an entry of a pagemap has 8.</summary>
    [Fact]
    public void FrameIsSearchedFirstInItsCgroup()
    {
        Require.PageFrames();
        Require.ReadableFile("/proc/kpagecgroup");
        Require.ReadableFile("/proc/self/io");
        using MemoryCgroup cgroup = MemoryCgroup.Create();
        using TargetProcess large = TargetProcess.Start("dense", "size=512MiB").Stop();
        using TargetProcess small = TargetProcess.StartIn(cgroup, "anon").Stop();
        using ProcfsContext procfs = new();
        ulong[] pfns = FrameHolders.ReadFrames(small.Region)[..1];
        Assert.Equal(small.ProcessId, Assert.Single(Find(procfs, pfns)).ProcessId);

        // The processors search side by side: while one is held up in the small process, another reads the large one.
        long read = Enumerable.Range(0, 10).Min(_ =>
        {
            long before = ReadBytesRead();
            Find(procfs, pfns);
            return ReadBytesRead() - before;
        });

        long entries = (512 << 20) / (long)KernelFile.PageSize;
        Assert.InRange(read, 1, entries * sizeof(ulong) / 2);
    }

    [Fact]
    public void HundredThousandFramesEqualABruteForceScan()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("farm", "size=400MiB", "children=3", "private=20MiB").Stop();
        int[] family = [target.ProcessId, .. target.Children];
        ulong[] pfns = FrameHolders.ReadFrames(target.Region);
        Assert.InRange(pfns.Length, 100_000, int.MaxValue);

        AssertEqualsScan(family, pfns);
    }

    [Fact]
    public void PropertiesAreThoseOfTheKernelFiles()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.StartInKnownMemory("fork").Stop();
        ulong pfn = FrameHolders.ReadFrames(target.Region)[0];
        using ProcfsContext procfs = new();

        FrameMapping[] mappings = Find(procfs, [pfn], FrameProperties.Flags | FrameProperties.MapCount);

        Assert.All(mappings, mapping =>
        {
            Assert.Equal(2UL, mapping.MapCount);
            Assert.Equal(KernelFile.ReadWords("/proc/kpagecount", pfn, 1)[0], mapping.MapCount);
            Assert.True(mapping.Flags!.Value.HasFlag(KPageFlags.ANON | KPageFlags.MMAP));
            Assert.Contains(mapping.ProcessId, (int[])[target.ProcessId, .. target.Children]);
            Assert.False(mapping.IsExclusive);
        });
    }

    [Fact]
    public void CachedPagesThatNobodyMapsAreOfThePageCache()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("file-untouched").Stop();
        string path = GetMappedPath(target.Region);
        using ProcfsContext procfs = new();

        FilePage[] pages = [.. procfs.ReadFilePages(path, cancellationToken: TestContext.Current.CancellationToken)];
        Assert.Equal(target.Region["cached"].Select(page => (ulong)page * KernelFile.PageSize), pages.Select(page => page.Offset));
        Assert.Equal(pages, procfs.ReadFilePages(path, cancellationToken: TestContext.Current.CancellationToken));
        PageInfo[] found = [.. procfs.FindMappings(pages.Select(page => new FrameRange(page.Pfn, 1)), cancellationToken: TestContext.Current.CancellationToken)];
        Assert.Equal(pages.Select(page => page.Pfn).Order(), found.Select(page => page.Pfn!.Value));
        Assert.All(found, page => Assert.True(Assert.IsType<PageUseInfo>(page).Use is PageUse.PageCache or PageUse.SharedMemory));

        // Only now does this process map the file.
        using OwnPages own = OwnPages.MapShared(path, target.Region["cached"].Length);
        ulong[] entries = KernelFile.ReadPagemap(Environment.ProcessId, own.Start, pages.Length);
        Assert.Equal(entries.Select(entry => entry & PagemapBits.Frame), pages.Select(page => page.Pfn));
    }

    /// <summary>The page frame of a damaged page has no mapping. The entry of the process that had it still has its number.</summary>
    [Fact]
    public void DamagedFrameIsFoundInTheProcessThatHadIt()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("hwpoison").Stop();
        ulong address = target.Region.GetAddresses("poison")[0];
        ulong pfn = (KernelFile.ReadPagemap(target.ProcessId, address, 1)[0] & PagemapBits.Frame) >> 5;
        using ProcfsContext procfs = new();

        FrameMapping mapping = Assert.Single(Find(procfs, [pfn]));

        Assert.Equal((target.ProcessId, address, PageState.Poisoned, pfn), (mapping.ProcessId, mapping.Address, mapping.State, mapping.Pfn!.Value));
    }

    [Fact]
    public void PageTableIsNotMapped()
    {
        Require.PageFrames();
        ulong pfn = KernelFrames.FindPageTable();
        using ProcfsContext procfs = new();

        PageInfo[] found = [.. procfs.FindMappings([new FrameRange(pfn, 1)], cancellationToken: TestContext.Current.CancellationToken)];

        // The page table may have been freed since.
        Assert.True(Assert.IsType<PageUseInfo>(Assert.Single(found)).Use == PageUse.PageTable || !KernelFrames.IsPageTable(pfn));
    }

    private static void AssertEqualsScan(int[] family, ulong[] pfns)
    {
        using ProcfsContext procfs = new();
        IEnumerable<(int, ulong, ulong)> found = Find(procfs, pfns).Select(mapping => (mapping.ProcessId, mapping.Address, mapping.Pfn!.Value));
        Assert.Equal(FrameHolders.Scan(family, pfns), found);
    }

    private static FrameMapping[] Find(ProcfsContext procfs, IEnumerable<ulong> pfns, FrameProperties include = FrameProperties.None) =>
        [.. procfs.FindMappings(pfns.Select(pfn => new FrameRange(pfn, 1)), new FrameMappingQuery { Include = include }, cancellationToken: TestContext.Current.CancellationToken).OfType<FrameMapping>()];

    private static long ReadBytesRead() => long.Parse(
        File.ReadLines("/proc/self/io").First(line => line.StartsWith("rchar:", StringComparison.Ordinal))["rchar:".Length..], System.Globalization.CultureInfo.InvariantCulture);

    private static string GetMappedPath(TargetRegion region)
    {
        string start = $"{region.Start:x}-";
        return File.ReadLines($"/proc/{region.ProcessId}/maps").First(line => line.StartsWith(start, StringComparison.Ordinal)).Split(' ', 6, StringSplitOptions.RemoveEmptyEntries)[5].Trim();
    }
}
