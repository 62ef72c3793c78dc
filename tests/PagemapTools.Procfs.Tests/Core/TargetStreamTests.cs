using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Core;

[Trait("Tier", "Unit")]
public sealed class TargetStreamTests : IDisposable
{
    private static readonly int s_own = Environment.ProcessId;
    private static readonly TimeSpan s_timeout = TimeSpan.FromMilliseconds(600);

    private readonly LeftTargets _left = new();
    private readonly ManualResetEventSlim _release = new(initialState: false, spinCount: 0);

    public void Dispose()
    {
        _release.Set();
        SpinWait.SpinUntil(() => _left.ThreadCount == 0, TimeSpan.FromSeconds(30));
        _release.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(100_000)]
    public void ItemsArriveInOrder(int count) => Assert.Equal(Enumerable.Range(0, count), Run(_ => Enumerable.Range(0, count)));

    [Fact]
    public void ItemArrivesWhileTheNextIsNotThere()
    {
        using IEnumerator<int> items = Run(_ => YieldThenWait(100)).GetEnumerator();
        for (int i = 0; i < 100; i++)
        {
            Assert.True(items.MoveNext());
            Assert.Equal(i, items.Current);
        }
    }

    [Fact]
    public void TimeoutComesAfterTheItemsBeforeIt()
    {
        List<int> received = [];
        ProcfsException failure = Assert.Throws<ProcfsException>(() => received.AddRange(Run(_ => YieldThenWait(5))));
        Assert.Equal(ProcfsError.TimedOut, failure.Error);
        Assert.Equal(1, _left.ThreadCount);
    }

    [Fact]
    public void FailureComesAfterTheItemsBeforeIt()
    {
        List<int> received = [];
        Assert.Throws<NotSupportedException>(() =>
        {
            foreach (int item in Run(_ => YieldThenFail(100)))
            {
                received.Add(item);
            }
        });
        Assert.Equal(Enumerable.Range(0, 100), received);
    }

    [Fact]
    public void ProducerRunsOnlyAFewChunksAhead()
    {
        int produced = 0;
        using IEnumerator<int> items = Run(_ => Enumerable.Range(0, 1_000_000).Select(item => produced = item)).GetEnumerator();
        Assert.True(items.MoveNext());
        Thread.Sleep(TargetRun.Interval);
        Assert.InRange(produced, 1, 10_000);
    }

    [Fact]
    public void EarlyEndDisposesTheSequenceOnItsThread()
    {
        int thread = 0;
        using ManualResetEventSlim disposed = new();
        Assert.Equal([0, 1, 2], Run(_ => YieldUntilDisposed(() =>
        {
            thread = Environment.CurrentManagedThreadId;
            disposed.Set();
        })).Take(3));
        Assert.True(disposed.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.NotEqual(Environment.CurrentManagedThreadId, thread);
    }

    [Fact]
    public void CancellationLeavesABlockedThread()
    {
        using CancellationTokenSource cancellation = new(TargetRun.Interval);
        Assert.Throws<OperationCanceledException>(() => RunUntil(_ => YieldThenWait(1), TimeSpan.FromHours(1), cancellation.Token).ToList());
        Assert.Equal(1, _left.ThreadCount);
    }

    private static IEnumerable<int> YieldThenFail(int count)
    {
        for (int i = 0; i < count; i++)
        {
            yield return i;
        }

        throw new NotSupportedException();
    }

    private static IEnumerable<int> YieldUntilDisposed(Action onDispose)
    {
        try
        {
            for (int i = 0; ; i++)
            {
                yield return i;
            }
        }
        finally
        {
            onDispose();
        }
    }

    private IEnumerable<int> YieldThenWait(int count)
    {
        for (int i = 0; i < count; i++)
        {
            yield return i;
        }

        _release.Wait(CancellationToken.None);
    }

    private IEnumerable<T> Run<T>(Func<CancellationToken, IEnumerable<T>> read) => RunUntil(read, s_timeout, CancellationToken.None);

    private IEnumerable<T> RunUntil<T>(Func<CancellationToken, IEnumerable<T>> read, TimeSpan timeout, CancellationToken cancellationToken) =>
        new TargetStream<T>(ReadTarget.ForProcess(new ProcRoot("/proc"), s_own), read, new TargetRunOptions { Timeout = timeout }, _left).Enumerate(cancellationToken);
}
