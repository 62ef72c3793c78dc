using System.Globalization;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>What a process maps, by page frame number and kind, read from /proc without the library.</summary>
internal sealed record FrameSharing(string Anonymous, string File, string Shmem, string Hugetlb)
{
    private const ulong Anon = 1UL << 12;
    private const ulong SwapBacked = 1UL << 14;
    private const ulong Huge = 1UL << 17;

    /// <summary>Counts the bytes of the distinct page frames that both processes map.</summary>
    public static FrameSharing Count(int processId, int otherProcessId)
    {
        HashSet<ulong> both = ReadFrames(processId);
        both.IntersectWith(ReadFrames(otherProcessId));
        ulong[] frames = [.. both.Order()];
        ulong?[] counts = KernelFile.ReadWordsAt("/proc/kpagecount", frames);
        ulong?[] flags = KernelFile.ReadWordsAt("/proc/kpageflags", frames);
        long[] kinds = new long[4];
        for (int i = 0; i < frames.Length; i++)
        {
            // The zero page has the count 0.
            kinds[GetKind(flags[i]!.Value)] += counts[i] == 0 ? 0 : (long)KernelFile.PageSize;
        }

        return new FrameSharing(Format(kinds[0]), Format(kinds[1]), Format(kinds[2]), Format(kinds[3]));
    }

    private static int GetKind(ulong flags) =>
        (flags & Huge) != 0 ? 3 : (flags & Anon) != 0 ? 0 : (flags & SwapBacked) != 0 ? 2 : 1;

    private static string Format(long bytes) => bytes.ToString("n0", CultureInfo.InvariantCulture);

    private static HashSet<ulong> ReadFrames(int processId)
    {
        HashSet<ulong> frames = [];
        using FileStream pagemap = new(FormattableString.Invariant($"/proc/{processId}/pagemap"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        foreach (string line in System.IO.File.ReadLines(FormattableString.Invariant($"/proc/{processId}/maps"), System.Text.Encoding.Latin1))
        {
            string[] ends = line.Split(' ')[0].Split('-');
            ulong start = ulong.Parse(ends[0], NumberStyles.AllowHexSpecifier);
            ulong end = ulong.Parse(ends[1], NumberStyles.AllowHexSpecifier);
            const int Chunk = 1 << 17;
            for (ulong page = start / KernelFile.PageSize; start < 1UL << 63 && page < end / KernelFile.PageSize && !line.Contains("[vvar", StringComparison.Ordinal); page += Chunk)
            {
                int wanted = (int)Math.Min(Chunk, (end / KernelFile.PageSize) - page);
                foreach (ulong word in KernelFile.ReadWords(pagemap, page, wanted))
                {
                    if ((word & PagemapBits.Present) != 0)
                    {
                        frames.Add(word & PagemapBits.Frame);
                    }
                }
            }
        }

        return frames;
    }
}
