using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>The join of 100,000 frame numbers picked at random against the test's own reading, one word at a time.</summary>
[Trait("Tier", "Live")]
public sealed class RandomFramesTests
{
    private const int Count = 100_000;
    private const int Looks = 30;

    [Theory]
    [InlineData(FrameProperties.Flags, "/proc/kpageflags")]
    [InlineData(FrameProperties.MapCount, "/proc/kpagecount")]
    [InlineData(FrameProperties.Cgroup, "/proc/kpagecgroup")]
    public void Words_are_those_of_the_kernels_file(FrameProperties field, string path)
    {
        Require.ReadableFile(path);
        ulong[] pending = Numbers();

        // The machine goes on working: a word has to be what the kernel says just before or just after; what is neither is looked at again.
        for (int look = 0; look < Looks && pending.Length > 0; look++)
        {
            ulong?[] before = KernelFile.WordOfEach(path, pending);
            ulong?[] joined = Joined(field, pending);
            ulong?[] after = KernelFile.WordOfEach(path, pending);
            Assert.Equal(pending.Length, joined.Length);
            pending = [.. pending.Where((_, i) => joined[i] != before[i] && joined[i] != after[i])];
        }

        Assert.Empty(pending);
    }

    [Theory]
    [InlineData(FrameProperties.MapCount, "/proc/kpagecount")]
    [InlineData(FrameProperties.Cgroup, "/proc/kpagecgroup")]
    public void Od_says_the_same(FrameProperties field, string path)
    {
        Require.ReadableFile(path);
        foreach (ulong pfn in Numbers().Where((_, i) => i % 5000 == 0))
        {
            Assert.Contains(Enumerable.Range(0, Looks), _ =>
            {
                // od itself maps frames while it runs.
                ulong? before = Od.Word(path, pfn);
                ulong? joined = Joined(field, [pfn])[0];
                return joined == before || joined == Od.Word(path, pfn);
            });
        }
    }

    [Fact]
    public void All_of_memory_is_read_up_to_its_end()
    {
        Require.ReadableFile("/proc/kpagecgroup");
        ulong end = EndOfMemory();
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

    private static ulong?[] Joined(FrameProperties field, ulong[] pfns)
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

    /// <summary>Numbers over all of memory, some twice, some in runs, and some beyond its end.</summary>
    private static ulong[] Numbers()
    {
        Random random = new(4711);
        long end = (long)EndOfMemory();
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

    private static ulong EndOfMemory()
    {
        ulong low = 0;
        for (ulong high = 1UL << 40; low < high;)
        {
            ulong middle = (low + high) / 2;
            (low, high) = KernelFile.Words("/proc/kpagecgroup", middle, 1).Length == 1 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
