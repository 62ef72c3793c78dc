using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Core;

[Trait("Tier", "Unit")]
public sealed class SampleClockTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public void OneSampleIsTakenAtOnce() => Assert.Single(new SampleClock(TimeSpan.FromDays(1)).WaitForSamples(CancellationToken));

    [Fact]
    public void SamplesBeginAnIntervalApart()
    {
        ManualClock time = new();
        List<long> begins = [];
        foreach (DateTime _ in new SampleClock(TimeSpan.FromSeconds(10), 3, time).WaitForSamples(CancellationToken))
        {
            begins.Add(time.GetTimestamp());

            // The measurement takes 4 seconds, and then 6 seconds are left.
            time.Advance(TimeSpan.FromSeconds(4));
            time.AdvanceOnWait = TimeSpan.FromSeconds(6);
        }

        Assert.Equal([0, 10, 20], begins.Select(ticks => ticks / TimeSpan.TicksPerSecond));
    }

    [Fact]
    public void ALongMeasurementDelaysTheNextSampleOnly()
    {
        ManualClock time = new();
        List<long> begins = [];
        foreach (DateTime _ in new SampleClock(TimeSpan.FromSeconds(10), 3, time).WaitForSamples(CancellationToken))
        {
            begins.Add(time.GetTimestamp());
            time.Advance(TimeSpan.FromSeconds(25));
        }

        Assert.Equal([0, 25, 50], begins.Select(ticks => ticks / TimeSpan.TicksPerSecond));
    }

    [Fact]
    public void WithoutMaximumTheCallerEndsTheSamples() =>
        Assert.Equal(100, new SampleClock(TimeSpan.Zero, maxSamples: null).WaitForSamples(CancellationToken).Take(100).Count());

    [Fact]
    public void CancellationEndsTheWait()
    {
        using CancellationTokenSource cancellation = new();
        using IEnumerator<DateTime> samples = new SampleClock(TimeSpan.FromDays(1), maxSamples: null).WaitForSamples(cancellation.Token).GetEnumerator();
        Assert.True(samples.MoveNext());
        cancellation.CancelAfter(20);
        Assert.Throws<OperationCanceledException>(() => samples.MoveNext());
    }
}
