using System.Runtime.InteropServices;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Uss;

/// <summary>Checks which counts are read and which come from the cache, on a kpagecount that records its reads.</summary>
[Trait("Tier", "Unit")]
public sealed class MapCountReaderTests : IDisposable
{
    private const ulong Shared = PagemapBits.Present | PagemapBits.File;
    private const ulong Own = PagemapBits.Present | PagemapBits.Exclusive;

    private readonly ulong[] _kernel = new ulong[200];
    private readonly List<ulong> _readPfns = [];
    private readonly ManualClock _clock = new();
    private readonly MapCountCache _cache;
    private readonly PageIndexedFile _kpagecount;

    public MapCountReaderTests()
    {
        _cache = new MapCountCache(_clock);
        _kpagecount = new PageIndexedFile("kpagecount", Read);
    }

    public void Dispose() => _kpagecount.Dispose();

    [Fact]
    public void SharedFramesAreReadOnce()
    {
        (_kernel[10], _kernel[20], _kernel[30]) = (3, 255, 2);
        Assert.Equal([3UL, 255UL], ReadCounts(Shared | 10, Shared | 20));
        Assert.Equal([10UL, 20UL], TakeReadPfns());
        Assert.Equal([2UL, 3UL, 255UL], ReadCounts(Shared | 10, Shared | 30, Shared | 20));
        Assert.Equal([30UL], TakeReadPfns());
    }

    [Fact]
    public void CachedCountsExpire()
    {
        _kernel[10] = 3;
        ReadCounts(Shared | 10);
        _kernel[10] = 4;
        _clock.Advance(MapCountCache.TimeToLive);
        Assert.Equal([3UL], ReadCounts(Shared | 10));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal([4UL], ReadCounts(Shared | 10));
        Assert.Equal([10UL, 10UL], TakeReadPfns());
    }

    [Theory]
    [InlineData(0, Shared)]
    [InlineData(1, Own)]
    [InlineData(1, Shared)]
    [InlineData(256, Shared)]
    public void CountsOfUnsharedFramesAndVeryLargeCountsAreNotCached(ulong count, ulong entry)
    {
        _kernel[10] = count;
        Assert.Equal([count], ReadCounts(entry | 10));
        Assert.Equal([count], ReadCounts(entry | 10));
        Assert.Equal([10UL, 10UL], TakeReadPfns());
    }

    [Fact]
    public void ExclusivePagesAreReadDespiteACachedCount()
    {
        _kernel[10] = 2;
        ReadCounts(Shared | 10);
        _kernel[10] = 1;
        Assert.Equal([1UL], ReadCounts(Own | 10));
    }

    [Fact]
    public void ReadingAgainReplacesTheCachedCount()
    {
        _kernel[10] = 2;
        ReadCounts(Shared | 10);
        _kernel[10] = 5;
        Assert.Equal([5UL], ReadCounts(Own | 10));
        Assert.Equal([5UL], ReadCounts(Shared | 10));
    }

    [Fact]
    public void ExcludedAndHiddenPagesAreNotRead()
    {
        using MapCountReader counts = new(_kpagecount, new UntrackedSections(null), _cache);
        Assert.Equal([PfnBatchReader.NoValue], counts.Read([Own | 10, PagemapBits.Present, PagemapBits.Swapped(0, 5), 0], exclude: PagemapBits.Exclusive).ToArray());
        Assert.True(counts.SawHiddenFrames);
        Assert.Empty(TakeReadPfns());
    }

    [Fact]
    public void TheCacheHasABound()
    {
        const int Bound = 2048;
        MapCountCache.Reader reader = _cache.BeginRead();
        for (ulong chunk = 0; chunk <= Bound; chunk++)
        {
            reader.Store((chunk << 15) + 7, 9);
        }

        Assert.True(_cache.BeginRead().TryGet(((Bound - 1) << 15) + 7, out ulong count));
        Assert.Equal(9UL, count);
        Assert.False(_cache.BeginRead().TryGet((Bound << 15) + 7, out ulong _));
    }

    private ulong[] ReadCounts(params ReadOnlySpan<ulong> entries)
    {
        using MapCountReader counts = new(_kpagecount, new UntrackedSections(null), _cache);
        return [.. counts.Read(entries, exclude: 0).ToArray().Order()];
    }

    private ulong[] TakeReadPfns()
    {
        ulong[] pfns = [.. _readPfns];
        _readPfns.Clear();
        return pfns;
    }

    private int Read(Span<byte> buffer, long offset, out int errno)
    {
        errno = 0;
        int first = (int)offset / sizeof(ulong);
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(buffer);
        _kernel.AsSpan(first, words.Length).CopyTo(words);
        for (int i = 0; i < words.Length; i++)
        {
            _readPfns.Add((ulong)(first + i));
        }

        return buffer.Length;
    }
}
