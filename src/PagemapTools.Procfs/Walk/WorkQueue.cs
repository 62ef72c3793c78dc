using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Walk;

/// <summary>
/// Distributes parts of a process to several walks, and cuts large parts into slices. A slice is computed when it is dequeued, so
/// 128 TiB of reserved addresses need no memory. Safe to use from several threads, without locks.
/// </summary>
internal sealed class WorkQueue
{
    // The smallest slice takes about 2 ms if every page is populated, the largest less than 1 ms if none is.
    private const ulong MinSlice = 256UL << 20;
    private const ulong MaxSlice = 64UL << 30;
    private const ulong SlicesPerPart = 16;

    private readonly IReadOnlyList<MappingPart> _parts;

    // The number of slices in all parts up to and including each part.
    private readonly long[] _sliceCounts;
    private long _sequence;

    public WorkQueue(IReadOnlyList<MappingPart> parts)
    {
        _parts = parts;
        _sliceCounts = new long[parts.Count];
        long slices = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            slices += CountSlices(parts[i]);
            _sliceCounts[i] = slices;
        }
    }

    /// <summary>Dequeues slices in ascending order until the queue is empty.</summary>
    public IEnumerable<MappingPart> DequeueAll()
    {
        for (int index = 0; ;)
        {
            long sequence = Interlocked.Increment(ref _sequence);
            while (index < _sliceCounts.Length && _sliceCounts[index] < sequence)
            {
                index++;
            }

            if (index == _sliceCounts.Length)
            {
                yield break;
            }

            MappingPart part = _parts[index];
            ulong size = GetSliceSize(part);
            ulong start = part.Start + (size * (ulong)(CountSlices(part) - 1 - (_sliceCounts[index] - sequence)));
            yield return part with { Start = start, End = Math.Min(part.End, start + size) };
        }
    }

    private static ulong GetSliceSize(MappingPart part) =>
        Math.Clamp((part.End - part.Start) / SlicesPerPart, MinSlice, MaxSlice) & ~(PageGeometry.PageSize - 1);

    private static long CountSlices(MappingPart part)
    {
        ulong size = GetSliceSize(part);
        return (long)((part.End - part.Start + size - 1) / size);
    }
}
