using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Pages;

/// <summary>Pages that come one by one, on a made-up kpageflags that counts how often it is asked.</summary>
[Trait("Tier", "Unit")]
public sealed class FrameFlagsBatcherTests : IDisposable
{
    private const ulong Anon = (ulong)KPageFlags.ANON;

    private readonly PageIndexedFile _kpageflags;
    private readonly KPageFlagsHistogram _histogram = new(new FlagFilter(), rawFlags: false);
    private readonly FrameFlagsBatcher _frames;
    private int _reads;

    public FrameFlagsBatcherTests()
    {
        _kpageflags = new PageIndexedFile("kpageflags", Read);
        _frames = new FrameFlagsBatcher(_kpageflags, new UntrackedSections(null), _histogram);
    }

    public void Dispose()
    {
        _frames.Dispose();
        _kpageflags.Dispose();
    }

    [Fact]
    public void Neighbours_are_read_in_one_call_however_they_come()
    {
        foreach (ulong pfn in Enumerable.Range(0, 1000).Select(i => (ulong)(i * 7 % 1000)))
        {
            Add(new PageValues(pfn), 1);
        }

        Add(new PageValues(1000), 24);
        _frames.Flush();
        Assert.Equal([(Anon, 1024L)], Counted());
        Assert.Equal(1, _reads);
    }

    [Fact]
    public void A_page_in_memory_that_the_kernel_says_nothing_of_is_not_counted_and_that_is_known()
    {
        using PageIndexedFile blind = new("kpageflags", (Span<byte> buffer, long _, out int errno) =>
        {
            errno = 0;
            buffer.Clear();
            return buffer.Length;
        });
        using FrameFlagsBatcher frames = new(blind, new UntrackedSections(blind), _histogram);
        frames.Add(new PageValues(7), 1, TestContext.Current.CancellationToken);
        frames.Flush();
        Assert.False(frames.SawUntrackedFrames);
        Assert.Equal([(0UL, 1L)], Counted());
        frames.Add(new PageValues(Identities.Mapping(0x1000, 0x2000), 0x1000, new PagemapEntry(PagemapBits.Present | 7)), 1, TestContext.Current.CancellationToken);
        frames.Flush();
        Assert.True(frames.SawUntrackedFrames);
        Assert.Equal([(0UL, 1L)], Counted());
    }

    [Fact]
    public void A_long_range_is_counted_in_batches()
    {
        Add(new PageValues(5), 100_000);
        _frames.Flush();
        _frames.Flush();
        Assert.Equal([(Anon, 100_000L)], Counted());
        Assert.InRange(_reads, 100_000 / 4096, 30);
    }

    [Fact]
    public void What_is_beyond_the_end_is_not_counted()
    {
        Add(new PageValues(1_000_000), 1);
        Add(new PageValues(PfnBatchReader.NoValue), 1);
        _frames.Flush();
        Assert.Empty(Counted());
    }

    [Fact]
    public void A_stop_is_heeded()
    {
        Assert.Throws<OperationCanceledException>(() => _frames.Add(new PageValues(5), long.MaxValue, new CancellationToken(canceled: true)));
    }

    private void Add(PageValues first, long pages) => _frames.Add(first, pages, TestContext.Current.CancellationToken);

    private (ulong, long)[] Counted() => [.. _histogram.GetSummaries().Select(summary => (summary.FlagsValue, summary.PageCount))];

    private int Read(Span<byte> buffer, long offset, out int errno)
    {
        errno = 0;
        _reads++;
        if (offset >= 8_000_000)
        {
            return 0;
        }

        for (int i = 0; i < buffer.Length; i += sizeof(ulong))
        {
            BitConverter.TryWriteBytes(buffer[i..], Anon);
        }

        return buffer.Length;
    }
}
