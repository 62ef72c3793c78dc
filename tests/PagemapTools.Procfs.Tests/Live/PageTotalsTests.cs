using System.Globalization;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>Adds up the pages of whole processes and compares the totals of each mapping with smaps.</summary>
[Collection(MachineSettings.Name)]
[Trait("Tier", "Privileged")]
public sealed class PageTotalsTests
{
    private const int MaxAttempts = 30;

    [Theory]
    [InlineData("anon")]
    [InlineData("anon-read")]
    [InlineData("huge-zero")]
    [InlineData("fork")]
    [InlineData("file-private")]
    [InlineData("memfd")]
    [InlineData("thp")]
    [InlineData("mthp")]
    [InlineData("ksm")]
    [InlineData("hugetlb-private")]
    [InlineData("hugetlb-shared")]
    [InlineData("swapped")]
    [InlineData("shared-swapped")]
    public void PagesAddUpToTheFiguresOfSmaps(string kind)
    {
        Require.PageFrames();
        Require.MapFiles();
        using TargetProcess target = TargetProcess.Start(kind).Stop();
        Require.That(!(kind == "shared-swapped" && Environment.OSVersion.Version < new Version(6, 5) && target[kind]["swap-cache"].Length > 0), "Cachestat", "pages are still in the swap cache, and before cachestat (6.5) nothing distinguishes them from the page cache");

        // Other processes and page reclaim change pages during a read.
        UssVersusSmaps.RepeatUntilEqual(() => FindDifferences(target.ProcessId), MaxAttempts);
    }

    /// <summary>A huge page that is mapped page by page counts in Anonymous but not in AnonHugePages.</summary>
    [Fact]
    public void PagesOfWholeHugePagesAddUpToAnonHugePages()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("thp", "shmem=0").Stop();
        Smaps whole = UssVersusSmaps.ReadSmaps(target["whole"]);
        Assert.Equal(whole["AnonHugePages"], CountBytes(TargetPages.Read(target["whole"]), IsHugeAndAnonymous));
        Assert.Equal(target["whole"].Length, whole["AnonHugePages"]);
        Assert.Equal(0, UssVersusSmaps.ReadSmaps(target["split-writable"])["AnonHugePages"]);
        Assert.Equal(target["split-writable"].Length, CountBytes(TargetPages.Read(target["split-writable"]), IsHugeAndAnonymous));
    }

    private static bool IsHugeAndAnonymous(ProcessPageInfo page) => page.Flags!.Value.HasFlag(KPageFlags.THP | KPageFlags.ANON);

    private static long CountBytes(IEnumerable<ProcessPageInfo> pages, Func<ProcessPageInfo, bool> which) => pages.Count(which) * (long)KernelFile.PageSize;

    private static List<string> FindDifferences(int processId)
    {
        ProcRoot root = new("/proc");
        using ProcessAddressSpace process = ProcessAddressSpace.Open(root, processId);
        ProcessPageQuery query = new() { Include = FrameProperties.Flags | FrameProperties.MapCount, ResolveShared = true };
        (List<ProcessPageInfo> pages, ProcfsException? failure) = Walks.ReadPages(root, process, query);
        Assert.Null(failure);
        ILookup<ulong, ProcessPageInfo> byMapping = pages.ToLookup(page => page.Mapping.Start);
        bool knowsKsm = KernelFeatures.HasTrueKsmFlag == true;
        return [.. Smaps.ReadMappings(processId).SelectMany(mapping => FindDifferences(mapping, byMapping[mapping.Start], knowsKsm))];
    }

    private static IEnumerable<string> FindDifferences(Smaps mapping, IEnumerable<ProcessPageInfo> all, bool knowsKsm)
    {
        ProcessPageInfo[] pages = [.. all];

        // Untracked memory (UntrackedSections) has no flags or counts to add up.
        if (pages.Any(page => page.State == PageState.Present && (page.Flags is null || page.MapCount is null)))
        {
            return [];
        }

        // A frame with map count 0 is the zero page or belongs to the kernel (vvar).
        ProcessPageInfo[] mapped = [.. pages.Where(page => page.MapCount > 0)];
        ProcessPageInfo[] hugetlb = [.. mapped.Where(page => page.Flags!.Value.HasFlag(KPageFlags.HUGE))];
        ProcessPageInfo[] resident = [.. mapped.Except(hugetlb)];
        (string Field, long Pages)[] totals =
        [
            ("Rss", resident.Length),
            ("Anonymous", resident.Count(page => page.Flags!.Value.HasFlag(KPageFlags.ANON))),
            ("Swap", pages.Count(page => page.State is PageState.Swapped or PageState.SwappedShared)),
            ("Private_Hugetlb", hugetlb.Count(page => page.MapCount == 1)),
            ("Shared_Hugetlb", hugetlb.Count(page => page.MapCount > 1)),

            // smaps has KSM since Linux 6.8.
            .. knowsKsm && mapping.Bytes.ContainsKey("KSM") ? [("KSM", resident.Count(page => page.Flags!.Value.HasFlag(KPageFlags.KSM)))] : ((string, long)[])[],
        ];
        return totals.Where(total => total.Pages * (long)KernelFile.PageSize != mapping[total.Field]).Select(total => string.Create(
            CultureInfo.InvariantCulture,
            $"{mapping.Start:x} {mapping.Name}: {total.Field} {total.Pages * (long)KernelFile.PageSize}, smaps says {mapping[total.Field]}"));
    }
}
