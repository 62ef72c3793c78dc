using BenchmarkDotNet.Attributes;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Benchmarks.Micro;

/// <summary>Nanoseconds per frame of joining a batch, by the distance of the frames, sorted and shuffled.</summary>
public class PfnRunsBenchmarks : IDisposable
{
    private const ulong SomeFrame = 0x10000;

    private readonly ulong[] _pfns = new ulong[PageBatch.Capacity];
    private readonly ulong[] _words = new ulong[PageBatch.Capacity];
    private PfnBatchReader _runs = null!;
    private PageIndexedFile _flags = null!;

    [Params(1, 2, 8, 24, 32, 48, 64, 200)]
    public int Spacing { get; set; }

    [Params(false, true)]
    public bool IsShuffled { get; set; }

    [GlobalSetup]
    public void Open()
    {
        for (int i = 0; i < _pfns.Length; i++)
        {
            _pfns[i] = SomeFrame + (ulong)(i * Spacing);
        }

        if (IsShuffled)
        {
            new Random(1).Shuffle(_pfns);
        }

        _runs = new PfnBatchReader();
        _flags = PageIndexedFile.Open("/proc/kpageflags");
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _flags.Dispose();
        _runs.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(OperationsPerInvoke = PageBatch.Capacity)]
    public void Build() => _runs.Coalesce(_pfns);

    [Benchmark(OperationsPerInvoke = PageBatch.Capacity)]
    public void BuildAndGather()
    {
        _runs.Coalesce(_pfns);
        _runs.Read(_flags, _words);
    }
}
