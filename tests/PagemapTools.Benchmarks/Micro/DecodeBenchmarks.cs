using BenchmarkDotNet.Attributes;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Benchmarks.Micro;

/// <summary>Nanoseconds per pagemap entry: its state, its frame, and whether it passes a filter.</summary>
public class DecodeBenchmarks
{
    private const int Entries = 32 * 1024;

    // Present, exclusive, soft-dirty, frame 0x1000; a guard region; nothing.
    private static readonly ulong[] s_present = [0x8180_0000_0000_1000];
    private static readonly ulong[] s_mixed = [0x8180_0000_0000_1000, 0x4400_0000_0000_009f, 0, 0xa000_0000_0000_2000];

    private readonly ulong[] _entries = new ulong[Entries];
    private readonly EntryMatcher _filter = new(new EntryFilter { IsExclusive = true });
    private SwapTypes _types = null!;

    [Params(false, true)]
    public bool IsMixed { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _types = SwapTypes.Read(new ProcRoot());
        ulong[] pattern = IsMixed ? s_mixed : s_present;
        for (int i = 0; i < Entries; i++)
        {
            _entries[i] = pattern[i % pattern.Length];
        }
    }

    [Benchmark(OperationsPerInvoke = Entries)]
    public int State()
    {
        int sum = 0;
        foreach (ulong entry in _entries)
        {
            sum += (int)new PagemapEntry(entry).GetState(_types);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Entries)]
    public ulong Frame()
    {
        ulong sum = 0;
        foreach (ulong entry in _entries)
        {
            sum += new PagemapEntry(entry).Pfn ?? 0;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Entries)]
    public int Filter()
    {
        int passed = 0;
        foreach (ulong entry in _entries)
        {
            passed += _filter.Matches(entry, _types) ? 1 : 0;
        }

        return passed;
    }
}
