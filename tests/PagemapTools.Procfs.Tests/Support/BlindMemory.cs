using System.Globalization;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>
/// Memory of which kpageflags says nothing: a whole section, System RAM in /proc/iomem, reads 0. A machine whose kernel takes in its
/// memory late has it, and processes have pages there.
/// </summary>
internal static class BlindMemory
{
    private const int SectionFrames = 1 << 15;

    private static readonly Lazy<bool> s_isThere = new(Find);

    public static bool IsThere => s_isThere.Value;

    private static bool Find() => KernelFile.Opens("/proc/kpageflags")
        && File.ReadLines("/proc/iomem").Where(line => line.EndsWith(" : System RAM", StringComparison.Ordinal)).Any(HasBlindSection);

    private static bool HasBlindSection(string line)
    {
        ulong[] ends = [.. line.Split(' ')[0].Split('-').Select(address => ulong.Parse(address, NumberStyles.HexNumber, CultureInfo.InvariantCulture) / KernelFile.PageSize)];
        for (ulong first = (ends[0] + SectionFrames - 1) / SectionFrames * SectionFrames; first + SectionFrames <= ends[1] + 1; first += SectionFrames)
        {
            if (!KernelFile.Words("/proc/kpageflags", first, SectionFrames).AsSpan().ContainsAnyExcept(0UL))
            {
                return true;
            }
        }

        return false;
    }
}
