using System.Diagnostics;
using System.Numerics;
using PagemapTools.TestProcesses.Machine;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

/// <summary>Measures how long its own page faults and mappings take, while somebody looks at it.</summary>
internal sealed unsafe class LatencyProcess : TestProcess
{
    private const int ScratchPages = 16;
    private const int MappedBytes = 64 * 1024;

    private readonly LatencyHistogram _faults = new();
    private readonly LatencyHistogram _mappings = new();
    private MappedRegion _scratch = null!;

    public override string Name => "latency";

    public override string Summary =>
        "size=4GiB: private anonymous pages, all written; next MILLISECONDS: takes page faults, and maps and unmaps memory, for so long; the report " +
        "has the percentiles in nanoseconds";

    public override void Make(Context context)
    {
        long size = context.Options.GetSize("size", "4GiB");
        MemoryInfo.RequireAvailable(size);
        MappedRegion mapping = MappedRegion.MapAnonymous(context, size);
        mapping.WriteAll();
        _scratch = MappedRegion.MapAnonymous(context, (long)ScratchPages * MappedRegion.PageSize);
        context.Add(Name, mapping);
        Measure(TimeSpan.FromMilliseconds(200));
    }

    public override void Next(Context context, int step, string argument)
    {
        Measure(TimeSpan.FromMilliseconds(int.Parse(argument)));
        Region region = context[Name];
        foreach ((string name, LatencyHistogram histogram) in new[] { ("fault", _faults), ("mmap", _mappings) })
        {
            region.With($"{name}-count", $"{histogram.Count}").With($"{name}-p99", $"{histogram.GetPercentile(0.99)}")
                .With($"{name}-p999", $"{histogram.GetPercentile(0.999)}");
        }
    }

    // One after the other: a thread that waits in mmap would take no faults meanwhile, and their percentiles would not show the wait.
    private void Measure(TimeSpan time)
    {
        Repeat(_faults, time / 2, TakeFault);
        Repeat(_mappings, time / 2, MapAndUnmap);
    }

    private static void Repeat(LatencyHistogram histogram, TimeSpan time, Func<int, TimeSpan> measure)
    {
        histogram.Clear();
        long start = Stopwatch.GetTimestamp();
        for (int page = 0; Stopwatch.GetElapsedTime(start) < time; page = (page + 1) % ScratchPages)
        {
            histogram.Add(measure(page));
        }
    }

    private TimeSpan TakeFault(int page)
    {
        nuint address = _scratch.Address + (nuint)(page * MappedRegion.PageSize);
        Libc.Advise(address, (nuint)MappedRegion.PageSize, Libc.MadvDontNeed).OrFail("madvise(MADV_DONTNEED)");
        long start = Stopwatch.GetTimestamp();
        Volatile.Write(ref *(byte*)address, 1);
        return Stopwatch.GetElapsedTime(start);
    }

    private static TimeSpan MapAndUnmap(int page)
    {
        long start = Stopwatch.GetTimestamp();
        nint mapped = Libc.MapMemory(0, MappedBytes, Libc.ProtReadWrite, Libc.MapPrivate | Libc.MapAnonymous, -1, 0);
        Libc.UnmapMemory((nuint)mapped, MappedBytes).OrFail("munmap");
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Counts times in buckets that are 3 % wide; adding allocates nothing.</summary>
    private sealed class LatencyHistogram
    {
        private const int SubBucketBits = 5;

        private readonly long[] _counts = new long[64 << SubBucketBits];

        public long Count { get; private set; }

        public void Clear()
        {
            Array.Clear(_counts);
            Count = 0;
        }

        public void Add(TimeSpan time)
        {
            ulong nanoseconds = (ulong)(time.Ticks * TimeSpan.NanosecondsPerTick) | (1 << SubBucketBits);
            int shift = BitOperations.Log2(nanoseconds) - SubBucketBits;
            _counts[(shift << SubBucketBits) + (int)(nanoseconds >> shift) - (1 << SubBucketBits)]++;
            Count++;
        }

        /// <summary>Gets the lower end of the bucket that has the percentile.</summary>
        public long GetPercentile(double fraction)
        {
            long rest = (long)(Count * fraction);
            int bucket = 0;
            while (rest >= _counts[bucket] && bucket < _counts.Length - 1)
            {
                rest -= _counts[bucket++];
            }

            return ((1L << SubBucketBits) + (bucket & ((1 << SubBucketBits) - 1))) << (bucket >> SubBucketBits);
        }
    }
}
