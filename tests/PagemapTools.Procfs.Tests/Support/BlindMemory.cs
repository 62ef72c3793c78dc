using System.Globalization;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>
/// Memory of which kpageflags says nothing: whole sections, System RAM in /proc/iomem, read 0. A machine whose kernel takes in its
/// memory late has it, and processes have pages there.
/// </summary>
internal static class BlindMemory
{
    private static readonly ulong s_sectionFrames = (128UL << 20) / KernelFile.PageSize;

    private static readonly Lazy<HashSet<ulong>> s_sections = new(Find);

    public static bool IsThere => s_sections.Value.Count > 0;

    /// <summary>Whether a page of a range has its frame there.</summary>
    public static bool Holds(int processId, ulong address, int pages) => IsThere && KernelFile.Pagemap(processId, address, pages)
        .Any(entry => (entry & Words.Present) != 0 && s_sections.Value.Contains((entry & Words.Frame) / s_sectionFrames));

    private static HashSet<ulong> Find() => !KernelFile.Opens("/proc/kpageflags") ? []
        : [.. File.ReadLines("/proc/iomem").Where(line => line.EndsWith(" : System RAM", StringComparison.Ordinal)).SelectMany(BlindSections)];

    private static IEnumerable<ulong> BlindSections(string line)
    {
        ulong[] ends = [.. line.Split(' ')[0].Split('-').Select(address => ulong.Parse(address, NumberStyles.HexNumber, CultureInfo.InvariantCulture) / KernelFile.PageSize)];
        for (ulong section = (ends[0] + s_sectionFrames - 1) / s_sectionFrames; (section + 1) * s_sectionFrames <= ends[1] + 1; section++)
        {
            if (!KernelFile.Words("/proc/kpageflags", section * s_sectionFrames, (int)s_sectionFrames).AsSpan().ContainsAnyExcept(0UL))
            {
                yield return section;
            }
        }
    }
}
