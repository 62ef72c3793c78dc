using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>Collects the page frames of a search.</summary>
internal static class RequestedFrames
{
    /// <summary>Makes a set of ranges. A range that begins in memory ends with memory at the latest.</summary>
    /// <exception cref="ProcfsException">The caller may not read /proc/kpageflags.</exception>
    public static FrameSet Collect(ProcfsContext procfs, IEnumerable<FrameRange> ranges)
    {
        FrameSet.Builder frames = new();
        ulong? end = null;
        foreach (FrameRange range in ranges)
        {
            if (range.Count == 1 && range.First < FrameSet.MaxPfn)
            {
                frames.Add(range.First);
            }
            else if (range.Count > 1)
            {
                end ??= FindEnd(procfs.Frames.Get(FrameProperties.Flags));
                ulong last = Math.Min(range.Count, ulong.MaxValue - range.First) + range.First;
                frames.Add(new FrameRange(range.First, Math.Max(Math.Min(last, end.Value), range.First) - range.First));
            }
        }

        return frames.Build();
    }

    /// <summary>Finds the frame after the last one of memory: from there on the file has no words (fs/proc/page.c, kpage_read).</summary>
    private static ulong FindEnd(PageIndexedFile file)
    {
        Span<ulong> word = stackalloc ulong[1];
        ulong low = 0;
        ulong high = FrameSet.MaxPfn;
        while (low < high)
        {
            ulong middle = low + ((high - low) / 2);
            (low, high) = file.Read(middle, word) == 1 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
