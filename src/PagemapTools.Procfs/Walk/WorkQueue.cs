using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Walk;

/// <summary>
/// Distributes parts of a process to several walks and cuts large parts into slices. A slice is computed when it is taken, so that
/// 128 TiB of reserved addresses cost no memory. Safe to use from several threads, which never wait for each other.
/// </summary>
/// <param name="parts">The parts. Each thread enumerates them.</param>
internal sealed class WorkQueue(IEnumerable<PageRun> parts)
{
    // The smallest slice takes some 2 ms where every page is populated; the largest takes less than 1 ms where none is.
    private const ulong MinSlice = 256UL << 20;
    private const ulong MaxSlice = 64UL << 30;
    private const ulong SlicesPerPart = 16;

    private long _taken;

    /// <summary>Takes slices, in ascending order, until none is left.</summary>
    public IEnumerable<PageRun> DequeueAll()
    {
        long number = Interlocked.Increment(ref _taken);
        long preceding = 0;
        foreach (PageRun part in parts)
        {
            ulong size = GetSliceSize(part);
            long slices = (long)((part.End - part.Start + size - 1) / size);
            for (; number <= preceding + slices; number = Interlocked.Increment(ref _taken))
            {
                ulong start = part.Start + (size * (ulong)(number - preceding - 1));
                yield return part with { Start = start, End = Math.Min(part.End, start + size) };
            }

            preceding += slices;
        }
    }

    private static ulong GetSliceSize(PageRun part) =>
        Math.Clamp((part.End - part.Start) / SlicesPerPart, MinSlice, MaxSlice) & ~(PageGeometry.PageSize - 1);
}
