using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Tests.Frames;

[Trait("Tier", "Unit")]
public sealed class KPageFlagsHistogramTests
{
    private const ulong Anon = (ulong)KPageFlags.ANON;
    private const ulong Lru = (ulong)KPageFlags.LRU;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void AnyNumberOfThreadsCountsEachFrameOnce(int threads)
    {
        // The count is not a multiple of the read size.
        ulong[] words = [.. Enumerable.Range(0, 100_003).Select(i => i % 3 == 0 ? Anon : i % 1000 < 500 ? Lru : 0)];
        using FakeProc tree = new FakeProc().WriteEntries("kpageflags", 0, words);
        using PageIndexedFile file = PageIndexedFile.Open(tree.GetPath("kpageflags"));
        KPageFlagsHistogram histogram = new(new FlagFilter(), rawFlags: false);
        ulong furthest = 0;
        Lock gate = new();
        histogram.AddAll(
            file,
            threads,
            new InlineProgress(position =>
            {
                lock (gate)
                {
                    furthest = Math.Max(furthest, position);
                }
            }),
            CancellationToken);
        Assert.Equal(
            [(0UL, words.LongCount(word => word == 0)), (Lru, words.LongCount(word => word == Lru)), (Anon, words.LongCount(word => word == Anon))],
            histogram.GetSummaries().Select(summary => (summary.FlagsValue, summary.PageCount)));
        Assert.True(furthest >= 100_003);
    }

    [Fact]
    public void AddAllThrowsAnErrorAfterSomeFrames()
    {
        using PageIndexedFile file = new("made/up", (Span<byte> buffer, long offset, out int errno) =>
        {
            errno = offset < 800 ? 0 : 5;
            buffer[..Math.Min(buffer.Length, 80)].Clear();
            return errno == 0 ? 80 : -1;
        });
        KPageFlagsHistogram histogram = new(new FlagFilter(), rawFlags: false);
        Assert.Equal(ProcfsError.ReadFailed, Assert.Throws<ProcfsException>(() => histogram.AddAll(file, 1, null, CancellationToken)).Error);
    }

    [Fact]
    public void WordsWithTheSameVisibleFlagsShareACount()
    {
        KPageFlagsHistogram histogram = new(new FlagFilter(), rawFlags: false);
        histogram.Add(Anon, default);
        histogram.Add(Anon | (ulong)KPageFlags.MLOCKED, new PagemapEntry(PagemapBits.Present | 1));
        histogram.Add(Anon, new PagemapEntry(PagemapBits.Present | 2));
        KPageFlagsSummary summary = Assert.Single(histogram.GetSummaries());
        Assert.Equal(3, summary.PageCount);
        Assert.Equal(3 * (long)KernelFile.PageSize, summary.Bytes);
        Assert.Equal("ANON", summary.FlagNames);
    }

    [Fact]
    public void TheRawViewDistinguishesBitsOfThePagemapEntry()
    {
        KPageFlagsHistogram histogram = new(new FlagFilter(), rawFlags: true);
        histogram.Add(Anon, new PagemapEntry(PagemapBits.Present | 1));
        histogram.Add(Anon, new PagemapEntry(PagemapBits.Present | PagemapBits.SoftDirty | 2));
        histogram.Add(0, new PagemapEntry(PagemapBits.Swapped(0, 5)));
        Assert.Equal(
            [Anon, Anon | (ulong)KPageFlags.SOFTDIRTY, (ulong)KPageFlags.SWAP],
            histogram.GetSummaries().Select(summary => summary.FlagsValue));
    }

    [Fact]
    public void FilteredFramesAreNotCounted()
    {
        KPageFlagsHistogram histogram = new(new FlagFilter { NoneOf = KPageFlags.LRU }, rawFlags: false);
        histogram.Add(Lru, default);
        histogram.Add(Anon, default);
        Assert.Equal(KPageFlags.ANON, Assert.Single(histogram.GetSummaries()).Flags);
    }

    [Fact]
    public void FormatLettersHasOneColumnForEachFlag()
    {
        Assert.Equal(Enum.GetValues<KPageFlags>().Length - 1, KPageFlagsNames.FormatLetters(KPageFlags.None).Length);
        Assert.Equal(KPageFlagsNames.FormatLetters(KPageFlags.None), KPageFlagsNames.FormatLetters((KPageFlags)(1UL << 57)));
        Assert.DoesNotContain('_', KPageFlagsNames.FormatLetters((KPageFlags)ulong.MaxValue));
    }

    private sealed class InlineProgress(Action<ulong> report) : IProgress<ulong>
    {
        public void Report(ulong value) => report(value);
    }
}
