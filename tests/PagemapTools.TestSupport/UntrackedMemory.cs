using System.Globalization;

namespace PagemapTools.TestSupport;

/// <summary>
/// Memory that kpageflags does not cover: whole sections of System RAM (/proc/iomem) read as 0. A kernel that initialises memory late
/// has such sections, and processes can have pages there.
/// </summary>
internal static class UntrackedMemory
{
    private static readonly ulong s_sectionFrames = (ulong)KernelFile.SectionFrames;

    private static readonly Lazy<HashSet<ulong>> s_sections = new(Find);

    public static bool Exists => s_sections.Value.Count > 0;

    /// <summary>Returns whether a page of a range has its page frame in untracked memory.</summary>
    public static bool Contains(int processId, ulong address, int pages) => Exists && KernelFile.ReadPagemap(processId, address, pages)
        .Any(entry => (entry & PagemapBits.Present) != 0 && s_sections.Value.Contains((entry & PagemapBits.Frame) / s_sectionFrames));

    public static bool Contains(TargetRegion region) => Contains(region.ProcessId, region.Start, region.PageCount);

    private static HashSet<ulong> Find() => !KernelFile.CanRead("/proc/kpageflags") ? []
        : [.. File.ReadLines("/proc/iomem").Where(line => line.EndsWith(" : System RAM", StringComparison.Ordinal)).SelectMany(FindUntrackedSections)];

    private static IEnumerable<ulong> FindUntrackedSections(string line)
    {
        ulong[] ends = [.. line.Split(' ')[0].Split('-').Select(address => ulong.Parse(address, NumberStyles.HexNumber, CultureInfo.InvariantCulture) / KernelFile.PageSize)];
        for (ulong section = (ends[0] + s_sectionFrames - 1) / s_sectionFrames; (section + 1) * s_sectionFrames <= ends[1] + 1; section++)
        {
            if (!KernelFile.ReadWords("/proc/kpageflags", section * s_sectionFrames, (int)s_sectionFrames).AsSpan().ContainsAnyExcept(0UL))
            {
                yield return section;
            }
        }
    }
}
