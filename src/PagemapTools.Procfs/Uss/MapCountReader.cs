using System.Collections.Concurrent;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Uss;

/// <summary>Reads the map counts of the page frames in pagemap entries.</summary>
/// <param name="kpagecount">The file of map counts.</param>
/// <param name="untracked">The sections of memory that the file leaves out.</param>
/// <param name="cache">Recently read counts, shared with other readers.</param>
internal sealed class MapCountReader(PageIndexedFile kpagecount, UntrackedSections untracked, MapCountCache cache) : IDisposable
{
    /// <summary>Stands for the count of a page frame that is shared by an unknown number of mappings.</summary>
    public const ulong SharedUnknownCount = PfnBatchReader.NoValue - 1;

    private readonly PfnBatchReader _reader = new();
    private readonly RentedArray<ulong> _entries = new();
    private readonly RentedArray<ulong> _pfns = new();
    private readonly RentedArray<ulong> _counts = new();

    /// <summary>Whether the last entries had a present page whose frame number is hidden.</summary>
    public bool SawHiddenFrames { get; private set; }

    /// <summary>
    /// Reads the counts of the present pages that have all bits <paramref name="require"/> and none of the bits <paramref name="exclude"/>, in
    /// any order. Valid until the next call.
    /// </summary>
    public ReadOnlySpan<ulong> Read(ReadOnlySpan<ulong> entries, ulong exclude, ulong require = 0)
    {
        MapCountCache.Reader cached = cache.BeginRead();
        ulong[] missingEntries = _entries.EnsureCapacity(entries.Length);
        ulong[] missingPfns = _pfns.EnsureCapacity(entries.Length);
        ulong[] counts = _counts.EnsureCapacity(entries.Length);
        int missing = 0;
        int found = 0;
        SawHiddenFrames = false;
        foreach (ulong entry in entries)
        {
            if ((entry & (PagemapEntry.PresentBit | exclude | require)) != (PagemapEntry.PresentBit | require))
            {
                continue;
            }

            ulong pfn = entry & PagemapEntry.PfnMask;
            if (pfn == 0)
            {
                SawHiddenFrames = true;
                counts[found++] = PfnBatchReader.NoValue;
            }
            else if ((entry & PagemapEntry.ExclusiveBit) == 0 && cached.TryGet(pfn, out ulong count))
            {
                counts[found++] = count;
            }
            else
            {
                missingEntries[missing] = entry;
                missingPfns[missing++] = pfn;
            }
        }

        ReadMissing(missingEntries, missingPfns.AsSpan(0, missing), counts.AsMemory(found, missing), cached);
        return counts.AsSpan(0, found + missing);
    }

    public void Dispose()
    {
        _reader.Dispose();
        _entries.Dispose();
        _pfns.Dispose();
        _counts.Dispose();
    }

    private void ReadMissing(ReadOnlySpan<ulong> entries, ReadOnlySpan<ulong> pfns, Memory<ulong> destination, MapCountCache.Reader cached)
    {
        _reader.Coalesce(pfns);
        _reader.Read(kpagecount, destination);
        Span<ulong> counts = destination.Span;
        for (int row = 0; row < counts.Length; row++)
        {
            cached.Store(pfns[row], counts[row]);
            PagemapEntry entry = new(entries[row]);
            if (untracked.IsUntracked(counts[row], entry, pfns[row]))
            {
                counts[row] = entry.IsExclusive ? 1 : SharedUnknownCount;
            }
        }
    }
}

/// <summary>
/// Caches counts of /proc/kpagecount for a short time, so that a page frame that many processes map is read once. Safe to use from
/// several threads.
/// </summary>
/// <remarks>
/// Only counts of 2 and more are cached, and only entries that are not exclusive (bit 56) use the cache. A stale count can be wrong about
/// how many mappings share a page frame, but never about whether it is shared.
/// </remarks>
/// <param name="clock">Measures the age of counts.</param>
internal sealed class MapCountCache(TimeProvider clock)
{
    /// <summary>The time after which a count expires.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(1);

    // A chunk has one byte for each page frame. All chunks have 64 MiB, for 256 GiB of memory in pages of 4 KiB; other counts are not cached.
    private const int ChunkShift = 15;
    private const int ChunkFrames = 1 << ChunkShift;
    private const int MaxChunks = 2048;

    private readonly ConcurrentDictionary<ulong, Chunk> _chunks = new();

    private sealed record Chunk(byte[] Counts, long CreatedAt);

    /// <summary>Begins to read and store the counts of one batch of pages, on one thread.</summary>
    public Reader BeginRead() => new(this, clock.GetTimestamp());

    private byte[]? Find(ulong index, long now) =>
        _chunks.TryGetValue(index, out Chunk? chunk) && clock.GetElapsedTime(chunk.CreatedAt, now) <= TimeToLive ? chunk.Counts : null;

    private byte[]? Add(ulong index, long now) =>
        _chunks.Count < MaxChunks || _chunks.ContainsKey(index)
            ? (_chunks[index] = new Chunk(new byte[ChunkFrames], now)).Counts
            : null;

    /// <summary>Reads and stores counts of one batch, as of the time at which the batch began.</summary>
    public struct Reader(MapCountCache cache, long now)
    {
        private ulong _index = ulong.MaxValue;
        private byte[]? _counts;

        /// <summary>Gets the cached count of a page frame; false if there is none.</summary>
        public bool TryGet(ulong pfn, out ulong count)
        {
            MoveTo(pfn);
            count = _counts is null ? 0 : (ulong)_counts[pfn % ChunkFrames];
            return count != 0;
        }

        /// <summary>Caches a count if the page frame is shared and the count fits in a byte.</summary>
        public void Store(ulong pfn, ulong count)
        {
            if (count is < 2 or > byte.MaxValue)
            {
                return;
            }

            MoveTo(pfn);
            _counts ??= cache.Add(_index, now);
            if (_counts is not null)
            {
                _counts[pfn % ChunkFrames] = (byte)count;
            }
        }

        // Neighbouring page frames are mostly in one chunk.
        private void MoveTo(ulong pfn)
        {
            ulong index = pfn >> ChunkShift;
            if (index != _index)
            {
                _index = index;
                _counts = cache.Find(index, now);
            }
        }
    }
}
