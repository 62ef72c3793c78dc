using System.Globalization;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>
/// Compares the library's figures with smaps and smaps_rollup. A stopped process does not change, but other processes map and unmap the
/// same libraries: a comparison with differences is repeated, and has to succeed within a number of attempts.
/// </summary>
internal static class UssVersusSmaps
{
    private const int MaxAttempts = 60;
    private static readonly ProcRoot s_root = new("/proc");

    /// <summary>Compares each method that this user can use, the kernel's summary and the default: by mapping, on one thread and, with two processors, on two.</summary>
    public static void Check(int processId)
    {
        foreach (UssMethod method in GetAllMethods())
        {
            // The mappings come first, because their differences name the mapping.
            RepeatUntilEqual(() => FindMappingDifferences(processId, method));
            RepeatUntilEqual(() => FindDifferences(Smaps.ReadRollup(processId), Measure(method, processId, threads: 1), $"{method}"));
            if (Environment.ProcessorCount > 1)
            {
                RepeatUntilEqual(() => FindDifferences(Smaps.ReadRollup(processId), Measure(method, processId, threads: 2), $"{method} on two threads"));
            }
        }
    }

    /// <summary>Compares one mapping alone, of a process that takes so long to measure that its libraries are never twice the same.</summary>
    public static void Check(TargetRegion region)
    {
        foreach (UssMethod method in GetAllMethods())
        {
            RepeatUntilEqual(() => FindDifferences(ReadSmaps(region), MeasureRegion(region, method), $"{method}"));
        }
    }

    public static MappingUss MeasureRegion(TargetRegion region, UssMethod method)
    {
        UssMeter meter = new(new ProcfsContext(s_root), method);
        return MeasureRegion(region, meter);
    }

    public static MappingUss MeasureRegion(TargetRegion region, UssMeter meter) =>
        meter.MeasureMappings(region.ProcessId, mapping => mapping.Start == region.Start, TestContext.Current.CancellationToken).Single();

    /// <summary>Reads the smaps entry of a region that is one mapping.</summary>
    public static Smaps ReadSmaps(TargetRegion region) => Smaps.ReadMappings(region.ProcessId).Single(mapping => mapping.Start == region.Start);

    /// <summary>The methods that this user can use. Map counts need root and visible page frame numbers.</summary>
    public static UssMethod[] GetMethods() =>
        KernelFeatures.ShowsPageFrameNumbers && TargetPages.GetReadableProperties().HasFlag(FrameProperties.MapCount)
            ? [UssMethod.Exclusive, UssMethod.MapCount]
            : [UssMethod.Exclusive];

    private static IEnumerable<UssMethod> GetAllMethods() => GetMethods().Append(UssMethod.Rollup).Append(UssMethod.Auto);

    // Each attempt needs a new meter: a meter caches the map counts of shared frames.
    private static ProcessUss Measure(UssMethod method, int processId, int threads)
    {
        UssMeter meter = new(new ProcfsContext(s_root), method);
        return meter.Measure(processId, mappings: null, threads, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static List<string> FindMappingDifferences(int processId, UssMethod method)
    {
        UssMeter meter = new(new ProcfsContext(s_root), method);
        Dictionary<ulong, Smaps> expected = Smaps.ReadMappings(processId).ToDictionary(mapping => mapping.Start);
        List<string> differences = [];
        foreach (MappingUss uss in meter.MeasureMappings(processId, mappings: null, TestContext.Current.CancellationToken))
        {
            differences.AddRange(expected.Remove(uss.Mapping.Start, out Smaps? mapping)
                ? FindDifferences(mapping, uss, $"{method}, {uss.Mapping}")
                : [$"{uss.Mapping} is not in smaps"]);
        }

        // The vsyscall page has no pagemap.
        differences.AddRange(expected.Values.Where(mapping => mapping.Name != "[vsyscall]").Select(mapping => $"{mapping.Start:x} {mapping.Name} was not measured"));
        return differences;
    }

    private static List<string> FindDifferences(Smaps kernel, ProcessUss uss, string what)
    {
        List<string> differences = [];
        long slack = uss.Method == UssMethod.Exclusive && !KernelFeatures.HasExclusiveBitPerPage ? kernel["AnonHugePages"] : 0;
        Add("USS", kernel.Uss, uss.Uss, slack);
        Add("RSS", kernel["Rss"], uss.Rss);
        Add("shared", kernel.Shared, uss.Shared, slack);
        Add("swap", kernel["Swap"], uss.Swap);
        Add("hugetlb", kernel.Hugetlb, uss.Hugetlb);
        Add("PSS", kernel["Pss"], uss.Pss / 1024 * 1024, slack);
        if (uss.Method == UssMethod.Rollup)
        {
            AddSummary();
        }

        return differences;

        void AddSummary()
        {
            Add("swap PSS", kernel["SwapPss"], uss.SwapPss);
            Add("private clean", kernel["Private_Clean"], uss.PrivateClean);
            Add("private dirty", kernel["Private_Dirty"], uss.PrivateDirty);
            Add("anonymous", kernel["Anonymous"], uss.Anonymous);
            Add("anonymous huge pages", kernel["AnonHugePages"], uss.AnonHugePages);
            Add("lazily freed", kernel["LazyFree"], uss.LazyFree);
            if (uss is not MappingUss)
            {
                Add("anonymous PSS", kernel["Pss_Anon"], uss.PssAnon);
                Add("file PSS", kernel["Pss_File"], uss.PssFile);
                Add("shared memory PSS", kernel["Pss_Shmem"], uss.PssShmem);
            }
        }

        void Add(string figure, long expected, long? actual, long slack = 0)
        {
            // Without page frame numbers, nothing distinguishes the zero page from shared memory: these figures are null. Untracked
            // memory has no map counts: PSS is null.
            bool mayBeUnknown = uss.Method != UssMethod.Rollup
                && ((figure is "RSS" or "shared" or "swap" or "PSS" && GetMethods().Length == 1) || (figure == "PSS" && UntrackedMemory.Exists));
            if ((actual is null || Math.Abs(expected - actual.Value) > slack) && !(actual is null && mayBeUnknown))
            {
                differences.Add(string.Create(CultureInfo.InvariantCulture, $"{what}: {figure} {(object?)actual ?? "null"}, smaps says {expected}"));
            }
        }
    }

    /// <summary>Repeats a comparison until it finds no difference or reaches the maximum number of attempts.</summary>
    public static void RepeatUntilEqual(Func<List<string>> compare, int maxAttempts = MaxAttempts)
    {
        List<string> differences = compare();
        for (int attempt = 1; attempt < maxAttempts && differences.Count > 0; attempt++)
        {
            Thread.Sleep(10 * attempt);
            differences = compare();
        }

        Assert.True(differences.Count == 0, string.Join(Environment.NewLine, differences));
    }
}
