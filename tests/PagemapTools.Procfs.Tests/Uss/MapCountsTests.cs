using System.Runtime.InteropServices;

namespace PagemapTools.Procfs.Tests.Uss;

/// <summary>What the kernel is asked, and what is taken from a short while ago, on a made-up kpagecount that keeps a list.</summary>
public sealed class MapCountsTests : IDisposable
{
    private const ulong Shared = Words.Present | Words.File;
    private const ulong Own = Words.Present | Words.Exclusive;

    private readonly ulong[] _kernel = new ulong[200];
    private readonly List<ulong> _asked = [];
    private readonly ManualClock _clock = new();
    private readonly RecentCounts _recent;
    private readonly PageEntryFile _kpagecount;

    public MapCountsTests()
    {
        _recent = new RecentCounts(_clock);
        _kpagecount = new PageEntryFile("kpagecount", Read);
    }

    public void Dispose() => _kpagecount.Dispose();

    [Fact]
    public void The_kernel_is_asked_once_about_a_frame_that_several_processes_map()
    {
        (_kernel[10], _kernel[20], _kernel[30]) = (3, 255, 2);
        Assert.Equal([3UL, 255UL], Look(Shared | 10, Shared | 20));
        Assert.Equal([10UL, 20UL], Asked());
        Assert.Equal([2UL, 3UL, 255UL], Look(Shared | 10, Shared | 30, Shared | 20));
        Assert.Equal([30UL], Asked());
    }

    [Fact]
    public void Nothing_is_remembered_for_longer_than_its_age()
    {
        _kernel[10] = 3;
        Look(Shared | 10);
        _kernel[10] = 4;
        _clock.Advance(RecentCounts.Age);
        Assert.Equal([3UL], Look(Shared | 10));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal([4UL], Look(Shared | 10));
        Assert.Equal([10UL, 10UL], Asked());
    }

    [Theory]
    [InlineData(0, Shared)]
    [InlineData(1, Own)]
    [InlineData(1, Shared)]
    [InlineData(256, Shared)]
    public void The_kernel_is_asked_again_about_frames_that_nobody_or_one_or_very_many_map(ulong count, ulong entry)
    {
        _kernel[10] = count;
        Assert.Equal([count], Look(entry | 10));
        Assert.Equal([count], Look(entry | 10));
        Assert.Equal([10UL, 10UL], Asked());
    }

    [Fact]
    public void What_bit_56_contradicts_is_not_believed()
    {
        _kernel[10] = 2;
        Look(Shared | 10);
        _kernel[10] = 1;
        Assert.Equal([1UL], Look(Own | 10));
    }

    [Fact]
    public void A_frame_that_was_known_to_be_shared_and_is_asked_about_again_has_its_new_count()
    {
        _kernel[10] = 2;
        Look(Shared | 10);
        _kernel[10] = 5;
        Assert.Equal([5UL], Look(Own | 10));
        Assert.Equal([5UL], Look(Shared | 10));
    }

    [Fact]
    public void Pages_that_are_not_wanted_and_those_that_are_hidden_are_not_asked_about()
    {
        using MapCounts counts = new(_kpagecount, new UntrackedSections(null), _recent);
        Assert.Equal([PfnRuns.Unknown], counts.Read([Own | 10, Words.Present, Words.Swapped(0, 5), 0], without: Words.Exclusive).ToArray());
        Assert.True(counts.MetHidden);
        Assert.Empty(Asked());
    }

    [Fact]
    public void What_is_remembered_has_a_bound()
    {
        const int Bound = 2048;
        RecentCounts.Look look = _recent.Now();
        for (ulong stretch = 0; stretch <= Bound; stretch++)
        {
            look.Remember((stretch << 15) + 7, 9);
        }

        Assert.Equal(9UL, _recent.Now().Of(((Bound - 1) << 15) + 7));
        Assert.Equal(0UL, _recent.Now().Of((Bound << 15) + 7));
    }

    private ulong[] Look(params ReadOnlySpan<ulong> entries)
    {
        using MapCounts counts = new(_kpagecount, new UntrackedSections(null), _recent);
        return [.. counts.Read(entries, without: 0).ToArray().Order()];
    }

    private ulong[] Asked()
    {
        ulong[] asked = [.. _asked];
        _asked.Clear();
        return asked;
    }

    private int Read(Span<byte> buffer, long offset, out int errno)
    {
        errno = 0;
        int first = (int)offset / sizeof(ulong);
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(buffer);
        _kernel.AsSpan(first, words.Length).CopyTo(words);
        for (int i = 0; i < words.Length; i++)
        {
            _asked.Add((ulong)(first + i));
        }

        return buffer.Length;
    }
}
