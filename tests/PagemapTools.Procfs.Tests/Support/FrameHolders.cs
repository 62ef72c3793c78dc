using System.Globalization;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Finds the mappings of page frames by brute force: reads every entry of the processes, without the library.</summary>
internal static class FrameHolders
{
    private const int PagesPerRead = 1 << 18;

    // Runtimes reserve address space without access. Reading 256 GiB of empty entries would take a minute.
    private const ulong MaxReservation = 1UL << 30;

    /// <summary>Returns process, address and frame of each mapping, in this order.</summary>
    public static (int ProcessId, ulong Address, ulong Pfn)[] Scan(IEnumerable<int> processIds, IEnumerable<ulong> pfns)
    {
        HashSet<ulong> wanted = [.. pfns];
        return [.. processIds.Distinct().Order().SelectMany(id => ScanProcess(id, wanted))];
    }

    /// <summary>Returns the frames of the present pages of a region.</summary>
    public static ulong[] ReadFrames(TargetRegion region) =>
        [.. KernelFile.ReadPagemap(region.ProcessId, region.Start, region.PageCount).Where(entry => (entry & PagemapBits.Present) != 0).Select(entry => entry & PagemapBits.Frame).Distinct()];

    private static List<(int, ulong, ulong)> ScanProcess(int processId, HashSet<ulong> wanted)
    {
        List<(int, ulong, ulong)> found = [];
        using FileStream pagemap = new(FormattableString.Invariant($"/proc/{processId}/pagemap"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        foreach (string line in File.ReadLines(FormattableString.Invariant($"/proc/{processId}/maps")))
        {
            string[] ends = line[..line.IndexOf(' ', StringComparison.Ordinal)].Split('-');
            ulong start = ulong.Parse(ends[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            ulong end = ulong.Parse(ends[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (start >> 63 != 0 || (line.Contains(" ---p ", StringComparison.Ordinal) && end - start > MaxReservation))
            {
                continue;
            }

            for (ulong address = start; address < end; address += PagesPerRead * KernelFile.PageSize)
            {
                int pages = (int)Math.Min(PagesPerRead, (end - address) / KernelFile.PageSize);
                ulong[] entries = KernelFile.ReadWords(pagemap, address / KernelFile.PageSize, pages);
                for (int i = 0; i < entries.Length; i++)
                {
                    if ((entries[i] & PagemapBits.Present) != 0 && wanted.Contains(entries[i] & PagemapBits.Frame))
                    {
                        found.Add((processId, address + ((ulong)i * KernelFile.PageSize), entries[i] & PagemapBits.Frame));
                    }
                }
            }
        }

        return found;
    }
}
