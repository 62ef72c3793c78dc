namespace PagemapTools.Procfs.Walk;

/// <summary>
/// Distributes parts of a process to several walks, and cuts large parts into slices. A slice is computed when it is dequeued, so
/// 128 TiB of reserved addresses need no memory. Safe to use from several threads, without locks.
/// </summary>
/// <param name="parts">The parts. Each thread enumerates them.</param>
internal sealed class WorkQueue(IEnumerable<MappingPart> parts)
{
    // The smallest slice takes about 2 ms if every page is populated, the largest less than 1 ms if none is.
    private const ulong MinSlice = 256UL << 20;
    private const ulong MaxSlice = 64UL << 30;
    private const ulong SlicesPerPart = 16;

    private long _sequence;

    /// <summary>Dequeues slices in ascending order until the queue is empty.</summary>
    public IEnumerable<MappingPart> DequeueAll()
    {
        long number = Interlocked.Increment(ref _sequence);
        long preceding = 0;
        foreach (MappingPart part in parts)
        {
            ulong size = GetSliceSize(part);
            long slices = (long)((part.End - part.Start + size - 1) / size);
            for (; number <= preceding + slices; number = Interlocked.Increment(ref _sequence))
            {
                ulong start = part.Start + (size * (ulong)(number - preceding - 1));
                yield return part with { Start = start, End = Math.Min(part.End, start + size) };
            }

            preceding += slices;
        }
    }

    private static ulong GetSliceSize(MappingPart part) =>
        Math.Clamp((part.End - part.Start) / SlicesPerPart, MinSlice, MaxSlice) & ~(PageGeometry.PageSize - 1);
}
