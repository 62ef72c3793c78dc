using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Walk;

/// <summary>
/// Distributes parts of a process to several walks and cuts large parts into slices. A slice is computed when it is taken, so that
/// 128 TiB of reserved addresses cost no memory. Safe to use from several threads, which never wait for each other.
/// </summary>
internal sealed class WorkQueue
{
    // The smallest slice takes some 2 ms where every page is populated; the largest takes less than 1 ms where none is.
    private const ulong MinSlice = 256UL << 20;
    private const ulong MaxSlice = 64UL << 30;
    private const ulong SlicesPerPart = 16;

    private readonly IReadOnlyList<PageRun> _parts;

    // For each part the number of slices in all parts up to and including it.
    private readonly long[] _sliceCounts;
    private long _taken;

    public WorkQueue(IReadOnlyList<PageRun> parts)
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

    /// <summary>Takes slices, in ascending order, until none is left.</summary>
    public IEnumerable<PageRun> DequeueAll()
    {
        for (int index = 0; ;)
        {
            long taken = Interlocked.Increment(ref _taken);
            while (index < _sliceCounts.Length && _sliceCounts[index] < taken)
            {
                index++;
            }

            if (index == _sliceCounts.Length)
            {
                yield break;
            }

            PageRun part = _parts[index];
            ulong size = GetSliceSize(part);
            long precedingSlices = index == 0 ? 0 : _sliceCounts[index - 1];
            ulong start = part.Start + (size * (ulong)(taken - 1 - precedingSlices));
            yield return part with { Start = start, End = Math.Min(part.End, start + size) };
        }
    }

    private static ulong GetSliceSize(PageRun part) =>
        Math.Clamp((part.End - part.Start) / SlicesPerPart, MinSlice, MaxSlice) & ~(PageGeometry.PageSize - 1);

    private static long CountSlices(PageRun part)
    {
        ulong size = GetSliceSize(part);
        return (long)((part.End - part.Start + size - 1) / size);
    }
}
