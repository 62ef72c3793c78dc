using System.Globalization;

namespace PagemapTools.TestSupport;

/// <summary>
/// Memory of which kpageflags says nothing: whole sections, System RAM in /proc/iomem, read 0. A machine whose kernel takes in its
/// memory late has it, and processes have pages there.
/// </summary>
internal static class UntrackedMemory
{
    private const int SectionFrames = 1 << 15;

    private static readonly Lazy<HashSet<ulong>> s_sections = new(Find);

    public static bool IsThere => s_sections.Value.Count > 0;

    /// <summary>Whether a page of a range has its page frame there.</summary>
    public static bool Holds(int processId, ulong address, int pages) => IsThere && KernelFile.Pagemap(processId, address, pages)
        .Any(entry => (entry & PagemapBits.Present) != 0 && s_sections.Value.Contains((entry & PagemapBits.Frame) / SectionFrames));

    public static bool Holds(TargetRegion region) => Holds(region.ProcessId, region.Start, region.PageCount);

    private static HashSet<ulong> Find() => !KernelFile.Opens("/proc/kpageflags") ? []
        : [.. File.ReadLines("/proc/iomem").Where(line => line.EndsWith(" : System RAM", StringComparison.Ordinal)).SelectMany(UntrackedSections)];

    private static IEnumerable<ulong> UntrackedSections(string line)
    {
        ulong[] ends = [.. line.Split(' ')[0].Split('-').Select(address => ulong.Parse(address, NumberStyles.HexNumber, CultureInfo.InvariantCulture) / KernelFile.PageSize)];
        for (ulong section = (ends[0] + SectionFrames - 1) / SectionFrames; (section + 1) * SectionFrames <= ends[1] + 1; section++)
        {
            if (!KernelFile.Words("/proc/kpageflags", section * SectionFrames, SectionFrames).AsSpan().ContainsAnyExcept(0UL))
            {
                yield return section;
            }
        }
    }
}
