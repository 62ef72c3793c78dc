using BenchmarkDotNet.Attributes;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Benchmarks.Micro;

/// <summary>
/// Two words with a gap between them, read by one call each, or by one call that reads the gap, too. The gap from which one call costs
/// more is the maximum gap for PfnBatchReader (kpage files) and PopulatedRegions (pagemap).
/// </summary>
public class BridgeBenchmarks : IDisposable
{
    private const ulong SomeFrame = 0x40000;

    private readonly ulong[] _words = new ulong[1024];
    private OwnMemory _memory = null!;
    private PageIndexedFile _file = null!;
    private ulong _first;

    [Params("/proc/kpageflags", "/proc/kpagecount", "/proc/self/pagemap")]
    public string Path { get; set; } = "";

    [Params(2, 4, 8, 32, 128, 512)]
    public int Gap { get; set; }

    [GlobalSetup]
    public void Open()
    {
        // One populated page in every page table, so that the gap consists of empty entries, not of a missing table.
        _memory = new OwnMemory(2048, stride: 512);
        _file = PageIndexedFile.Open(Path);
        _first = Path.EndsWith("pagemap", StringComparison.Ordinal) ? _memory.FirstPage : SomeFrame;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _file.Dispose();
        _memory.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public int TwoCalls() => _file.Read(_first, _words.AsSpan(0, 1)) + _file.Read(_first + (ulong)Gap + 1, _words.AsSpan(1, 1));

    [Benchmark]
    public int OneCall() => _file.Read(_first, _words.AsSpan(0, Gap + 2));
}
