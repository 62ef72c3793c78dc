using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Benchmarks.Micro;

/// <summary>Nanoseconds per resident entry by the size of the buffer: with the reader, and with the system calls alone.</summary>
public class ReaderBenchmarks : IDisposable
{
    private const int Pages = 128 * 1024;
    private const string Pagemap = "/proc/self/pagemap";

    private OwnMemory _memory = null!;
    private PageIndexedFile _file = null!;
    private ulong[] _entries = [];

    [Params(512, 4 * 1024, 32 * 1024, 128 * 1024)]
    public int BatchPages { get; set; }

    [GlobalSetup]
    public void Map()
    {
        _memory = new OwnMemory(Pages, stride: 1);
        _file = PageIndexedFile.Open(Pagemap);
        _entries = GC.AllocateArray<ulong>(BatchPages, pinned: true);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _file.Dispose();
        _memory.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(OperationsPerInvoke = Pages)]
    public ulong Reader()
    {
        ulong read = 0;
        while (read < Pages)
        {
            read += (ulong)_file.Read(_memory.FirstPage + read, _entries);
        }

        return read;
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Pages)]
    public long Bare()
    {
        long start = (long)_memory.FirstPage * sizeof(ulong);
        return BareFile.ReadRange(Pagemap, start, start + (Pages * sizeof(ulong)), MemoryMarshal.AsBytes(_entries.AsSpan()));
    }
}
