using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>Compares the words of 100,000 random page frames with direct reads of one word each.</summary>
[Trait("Tier", "Live")]
public sealed class RandomFramesTests
{
    private const int Count = 100_000;
    private const int MaxAttempts = 30;

    [Theory]
    [InlineData(FrameProperties.Flags, "/proc/kpageflags")]
    [InlineData(FrameProperties.MapCount, "/proc/kpagecount")]
    [InlineData(FrameProperties.Cgroup, "/proc/kpagecgroup")]
    public void RandomFramesHaveTheWordsOfTheKernelFile(FrameProperties field, string path)
    {
        Require.ReadableFile(path);
        ulong[] pending = CreatePfns();

        // Frames change during the test: a word has to equal a direct read before or after it. Words that equal neither are read again.
        for (int attempt = 0; attempt < MaxAttempts && pending.Length > 0; attempt++)
        {
            ulong?[] before = KernelFile.ReadWordsAt(path, pending);
            ulong?[] joined = ReadWords(field, pending);
            ulong?[] after = KernelFile.ReadWordsAt(path, pending);
            Assert.Equal(pending.Length, joined.Length);
            pending = [.. pending.Where((_, i) => joined[i] != before[i] && joined[i] != after[i])];
        }

        Assert.Empty(pending);
    }

    [Theory]
    [InlineData(FrameProperties.MapCount, "/proc/kpagecount")]
    [InlineData(FrameProperties.Cgroup, "/proc/kpagecgroup")]
    public void RandomFramesHaveTheWordsThatOdPrints(FrameProperties field, string path)
    {
        Require.ReadableFile(path);
        foreach (ulong pfn in CreatePfns().Where((_, i) => i % 5000 == 0))
        {
            Assert.Contains(Enumerable.Range(0, MaxAttempts), _ =>
            {
                // od itself maps frames while it runs.
                ulong? before = Od.ReadWord(path, pfn);
                ulong? joined = ReadWords(field, [pfn])[0];
                return joined == before || joined == Od.ReadWord(path, pfn);
            });
        }
    }

    [Fact]
    public void ReadingReachesTheEndOfMemory()
    {
        Require.ReadableFile("/proc/kpagecgroup");
        ulong end = FindEndOfMemory();
        using KPageFiles files = new(new ProcRoot("/proc"));
        using FrameReader reader = new(files, new FrameQuery { Include = FrameProperties.Cgroup });
        FrameRange range = new(end - Math.Min(end, 50_000), ulong.MaxValue);
        ulong last = 0;
        int count = 0;
        while (reader.MoveNext(ref range, TestContext.Current.CancellationToken))
        {
            count += reader.Batch.Count;
            last = reader.GetPage(reader.Count - 1).Pfn!.Value;
        }

        Assert.Equal((int)Math.Min(end, 50_000), count);
        Assert.Equal(end - 1, last);
    }

    private static ulong?[] ReadWords(FrameProperties field, ulong[] pfns)
    {
        using KPageFiles files = new(new ProcRoot("/proc"));
        using FrameReader reader = new(files, new FrameQuery { Include = field });
        List<ulong?> words = [];
        foreach (ulong[] batch in pfns.Chunk(PageBatch.Capacity))
        {
            reader.Batch.Clear();
            Array.ForEach(batch, reader.Batch.Add);
            reader.ReadBatch();
            for (int row = 0; row < reader.Count; row++)
            {
                PageInfo page = reader.GetPage(row);
                Assert.Equal(batch[row], page.Pfn);
                words.Add(field switch { FrameProperties.Flags => page.RawFlags, FrameProperties.MapCount => page.MapCount, _ => page.CgroupInode });
            }
        }

        return [.. words];
    }

    /// <summary>Page frame numbers over all of memory: some repeated, some consecutive, some beyond the end.</summary>
    private static ulong[] CreatePfns()
    {
        Random random = new(4711);
        long end = (long)FindEndOfMemory();
        ulong[] pfns = new ulong[Count];
        for (int i = 0; i < Count; i++)
        {
            pfns[i] = random.Next(10) switch
            {
                0 when i > 0 => pfns[i - 1] + 1,
                1 when i > 0 => pfns[random.Next(i)],
                _ => (ulong)random.NextInt64(end + (end / 100)),
            };
        }

        return pfns;
    }

    private static ulong FindEndOfMemory()
    {
        ulong low = 0;
        for (ulong high = 1UL << 40; low < high;)
        {
            ulong middle = (low + high) / 2;
            (low, high) = KernelFile.ReadWords("/proc/kpagecgroup", middle, 1).Length == 1 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
