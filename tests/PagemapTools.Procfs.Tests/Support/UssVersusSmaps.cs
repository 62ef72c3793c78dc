using System.Globalization;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>
/// Holds the library's figures against smaps and smaps_rollup. A stopped process does not change, but the others that map the same
/// libraries come and go meanwhile: what differs is looked at again, and has to agree within a number of looks.
/// </summary>
internal static class UssVersusSmaps
{
    private const int MaxAttempts = 60;
    private static readonly ProcRoot s_root = new("/proc");

    /// <summary>Both methods as far as this user may use them, sequentially and in parallel, and mapping by mapping.</summary>
    public static void Check(int processId)
    {
        foreach (UssMethod method in GetMethods())
        {
            // The mappings first: they say where a difference is.
            RepeatUntilEqual(() => FindMappingDifferences(processId, method));
            RepeatUntilEqual(() => FindDifferences(Smaps.Rollup(processId), Measure(method, processId, threads: 1), $"{method}"));
            RepeatUntilEqual(() => FindDifferences(Smaps.Rollup(processId), Measure(method, processId, threads: 2), $"{method} on two threads"));
        }
    }

    public static MappingUss MeasureRegion(TargetRegion region, UssMethod method)
    {
        UssMeter meter = new(new ProcfsContext(s_root), method);
        return MeasureRegion(region, meter);
    }

    public static MappingUss MeasureRegion(TargetRegion region, UssMeter meter) =>
        meter.MeasureMappings(region.ProcessId, mapping => mapping.Start == region.Start, TestContext.Current.CancellationToken).Single();

    /// <summary>What the kernel says of a region that is one mapping.</summary>
    public static Smaps ReadSmaps(TargetRegion region) => Smaps.Mappings(region.ProcessId).Single(mapping => mapping.Start == region.Start);

    /// <summary>What this user may use: the map counts are for root, and of no use where frame numbers are hidden.</summary>
    public static UssMethod[] GetMethods() =>
        KernelFeatures.ShowsPageFrameNumbers && TargetPages.GetReadableProperties().HasFlag(FrameProperties.MapCount)
            ? [UssMethod.Exclusive, UssMethod.MapCount]
            : [UssMethod.Exclusive];

    // A meter remembers for a while by how many the others share a frame; each look needs what is true now.
    private static ProcessUss Measure(UssMethod method, int processId, int threads)
    {
        UssMeter meter = new(new ProcfsContext(s_root), method);
        return meter.Measure(processId, mappings: null, threads, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static List<string> FindMappingDifferences(int processId, UssMethod method)
    {
        UssMeter meter = new(new ProcfsContext(s_root), method);
        Dictionary<ulong, Smaps> expected = Smaps.Mappings(processId).ToDictionary(mapping => mapping.Start);
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
        long slack = uss.Method == UssMethod.Exclusive && !KernelFeatures.ExclusiveBitIsOfEachPage ? kernel["AnonHugePages"] : 0;
        Add("USS", kernel.Uss, uss.Uss, slack);
        Add("RSS", kernel["Rss"], uss.Rss);
        Add("shared", kernel.Shared, uss.Shared, slack);
        Add("swap", kernel["Swap"], uss.Swap);
        Add("hugetlb", kernel.Hugetlb, uss.Hugetlb);
        if (uss.Method == UssMethod.MapCount)
        {
            Add("PSS", kernel["Pss"], uss.Pss / 1024 * 1024);
        }

        return differences;

        void Add(string figure, long expected, long? actual, long slack = 0)
        {
            // Without frame numbers the zero page cannot be told from shared memory: null, never a wrong number. And where the kernel
            // knows nothing of frames, not by how many they are shared.
            bool mayBeUnknown = (figure is "RSS" or "shared" or "swap" && GetMethods().Length == 1) || (figure == "PSS" && UntrackedMemory.IsThere);
            if ((actual is null || Math.Abs(expected - actual.Value) > slack) && !(actual is null && mayBeUnknown))
            {
                differences.Add(string.Create(CultureInfo.InvariantCulture, $"{what}: {figure} {(object?)actual ?? "null"}, smaps says {expected}"));
            }
        }
    }

    /// <summary>Looks until there is no difference, or so many times.</summary>
    public static void RepeatUntilEqual(Func<List<string>> look, int most = MaxAttempts)
    {
        List<string> differences = look();
        for (int looks = 1; looks < most && differences.Count > 0; looks++)
        {
            Thread.Sleep(10 * looks);
            differences = look();
        }

        Assert.True(differences.Count == 0, string.Join(Environment.NewLine, differences));
    }
}
