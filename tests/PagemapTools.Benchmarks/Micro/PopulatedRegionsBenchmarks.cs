using BenchmarkDotNet.Attributes;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Benchmarks.Micro;

/// <summary>
/// Reading a mapping of 256 Ki pages with different numbers of resident pages: through the populated regions, and by reading every
/// entry.
/// </summary>
public class PopulatedRegionsBenchmarks : IDisposable
{
    private const int Pages = 256 * 1024;
    private const int BatchPages = 32 * 1024;

    private readonly ulong[] _entries = new ulong[BatchPages];
    private OwnMemory _memory = null!;
    private PageIndexedFile _pagemap = null!;

    [Params(1, 16, 64, 128, 512, 4096)]
    public int Stride { get; set; }

    [GlobalSetup]
    public void Map()
    {
        _memory = new OwnMemory(Pages, Stride);
        _pagemap = PageIndexedFile.Open("/proc/self/pagemap");
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _pagemap.Dispose();
        _memory.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public int Deal()
    {
        int count = 0;
        using PopulatedRegions regions = Begin();
        while (regions.TryNext(out _, out _))
        {
            count++;
        }

        return count;
    }

    [Benchmark]
    public long DealAndRead()
    {
        long read = 0;
        using PopulatedRegions regions = Begin();
        while (regions.TryNext(out ulong start, out ulong end))
        {
            read += Read(start, end);
        }

        return read;
    }

    [Benchmark(Baseline = true)]
    public long ReadEverything() => Read(_memory.Start, _memory.End);

    private PopulatedRegions Begin()
    {
        PopulatedRegions regions = new(_pagemap);
        regions.Reset(_memory.Start, _memory.End, PageCategories.Present | PageCategories.Swapped);
        return regions;
    }

    private long Read(ulong start, ulong end)
    {
        long read = 0;
        for (ulong page = PageGeometry.ToPageIndex(start), last = PageGeometry.ToPageIndex(end); page < last;)
        {
            int count = _pagemap.Read(page, _entries.AsSpan(0, (int)Math.Min(BatchPages, last - page)));
            page += (ulong)count;
            read += count;
        }

        return read;
    }
}
