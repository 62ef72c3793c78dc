using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Pages;

/// <summary>Adds pages one by one to a batcher over a fake kpageflags that counts its reads.</summary>
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
    public void AdjacentFramesInAnyOrderShareOneRead()
    {
        foreach (ulong pfn in Enumerable.Range(0, 1000).Select(i => (ulong)(i * 7 % 1000)))
        {
            Add(new PageValues(pfn), 1);
        }

        Add(new PageValues(1000), 24);
        _frames.Flush();
        Assert.Equal([(Anon, 1024L)], GetCounts());
        Assert.Equal(1, _reads);
    }

    [Fact]
    public void UntrackedPagesAreReportedAndNotCounted()
    {
        using PageIndexedFile untracked = new("kpageflags", (Span<byte> buffer, long _, out int errno) =>
        {
            errno = 0;
            buffer.Clear();
            return buffer.Length;
        });
        using FrameFlagsBatcher frames = new(untracked, new UntrackedSections(untracked), _histogram);
        frames.Add(new PageValues(7), 1, TestContext.Current.CancellationToken);
        frames.Flush();
        Assert.False(frames.SawUntrackedFrames);
        Assert.Equal([(0UL, 1L)], GetCounts());
        frames.Add(new PageValues(Identities.CreateMapping(0x1000, 0x2000), 0x1000, new PagemapEntry(PagemapBits.Present | 7)), 1, TestContext.Current.CancellationToken);
        frames.Flush();
        Assert.True(frames.SawUntrackedFrames);
        Assert.Equal([(0UL, 1L)], GetCounts());
    }

    [Fact]
    public void ALongRangeIsCountedInBatches()
    {
        Add(new PageValues(5), 100_000);
        _frames.Flush();
        _frames.Flush();
        Assert.Equal([(Anon, 100_000L)], GetCounts());
        Assert.InRange(_reads, 100_000 / 4096, 30);
    }

    [Fact]
    public void FramesBeyondTheEndAreNotCounted()
    {
        Add(new PageValues(1_000_000), 1);
        Add(new PageValues(PfnBatchReader.NoValue), 1);
        _frames.Flush();
        Assert.Empty(GetCounts());
    }

    [Fact]
    public void AddCanBeCancelled()
    {
        Assert.Throws<OperationCanceledException>(() => _frames.Add(new PageValues(5), long.MaxValue, new CancellationToken(canceled: true)));
    }

    private void Add(PageValues first, long pages) => _frames.Add(first, pages, TestContext.Current.CancellationToken);

    private (ulong, long)[] GetCounts() => [.. _histogram.GetSummaries().Select(summary => (summary.FlagsValue, summary.PageCount))];

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
