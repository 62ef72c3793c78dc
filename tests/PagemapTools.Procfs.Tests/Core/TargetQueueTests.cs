using System.Diagnostics;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Core;

/// <summary>Readings that wait for an event stand for targets that do not answer: their threads sleep and do not run.</summary>
[Trait("Tier", "Unit")]
public sealed class TargetQueueTests : IDisposable
{
    private const int Blocked = 3;

    private static readonly int s_own = Environment.ProcessId;
    private static readonly TimeSpan s_timeout = TimeSpan.FromMilliseconds(600);

    private static readonly TargetRunOptions s_patient = new() { Timeout = TimeSpan.FromHours(1) };

    private readonly LeftTargets _left = new();
    private readonly ManualResetEventSlim _release = new(initialState: false, spinCount: 0);
    private readonly ProcRoot _root = new("/proc");

    public void Dispose()
    {
        _release.Set();
        SpinWait.SpinUntil(() => _left.ThreadCount == 0, TimeSpan.FromSeconds(30));
        _release.Dispose();
    }

    [Fact]
    public void ResultsHaveTheOrderOfTheTargets()
    {
        int[] ids = [.. Enumerable.Range(1, 1000)];
        TargetResult<int>[] results = [.. Run(ids, (id, _) =>
        {
            Thread.SpinWait(id % 7 * 100);
            return id * 2;
        })];
        Assert.Equal(ids, results.Select(result => result.ProcessId));
        Assert.Equal(ids.Select(id => id * 2), results.Select(result => result.Value));
        Assert.All(results, result => Assert.Null(result.Failure));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void OthersAreReadWhileATargetDoesNotAnswer(int maxParallel)
    {
        int[] ids = [.. Enumerable.Range(1, 40)];
        int read = 0;
        foreach (TargetResult<int> result in Run(ids, (id, _) => Count(id, ref read), maxParallel))
        {
            bool isBlocked = result.ProcessId == Blocked;
            Assert.Equal(isBlocked ? ProcfsError.TimedOut : null, result.Failure?.Error);
            Assert.Equal(isBlocked ? Blocked : null, result.Failure?.ProcessId);
            Assert.True(!isBlocked || read == ids.Length - 1, $"{read} were read while the target did not answer");
        }

        Assert.Equal(ids.Length - 1, read);
        Assert.Equal(1, _left.ThreadCount);
    }

    [Fact]
    public void TargetsThatDoNotAnswerAreWaitedForTogether()
    {
        int begun = 0;
        int returned = 0;
        foreach (TargetResult<int> result in Run(Enumerable.Range(1, 8), (_, _) => Wait(ref begun), maxParallel: 1))
        {
            Assert.Equal(ProcfsError.TimedOut, result.Failure?.Error);
            Assert.True(++returned == 8 || begun > returned, $"the target after {returned} is not read yet");
        }

        Assert.Equal(8, _left.ThreadCount);
    }

    [Fact]
    public void ThreadsEndWhenTheyAreReleased()
    {
        Assert.Single(Run([s_own], (_, _) => Wait()), result => result.Failure is not null);
        Assert.Equal(1, _left.ThreadCount);
        _release.Set();
        Assert.True(SpinWait.SpinUntil(() => _left.ThreadCount == 0, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void TargetThatIsStillBlockedFailsWithoutAnotherThread()
    {
        Assert.Single(Run([s_own], (_, _) => Wait()), result => result.Failure is not null);
        bool isRead = false;
        TargetResult<bool> repeated = Assert.Single(Run([s_own], (_, _) => isRead = true));
        Assert.Equal(ProcfsError.TimedOut, repeated.Failure?.Error);
        Assert.False(isRead);
        Assert.Equal(1, _left.ThreadCount);

        _release.Set();
        SpinWait.SpinUntil(() => _left.ThreadCount == 0, TimeSpan.FromSeconds(30));
        Assert.True(Assert.Single(Run([s_own], (_, _) => true)).Value);
    }

    [Fact]
    public void TargetWithALongerTimeoutIsWaitedForAndRead()
    {
        Assert.Single(Run([s_own], (_, _) => Wait()), result => result.Failure is not null);
        using Timer timer = new(_ => _release.Set(), null, s_timeout, Timeout.InfiniteTimeSpan);
        Assert.True(Assert.Single(RunUntil([s_own], (_, _) => true, s_patient, CancellationToken.None)).Value);
    }

    [Fact]
    public void WorkIsNoTimeout() => Assert.True(Assert.Single(Run([s_own], (_, _) => Spin(s_timeout * 3))).Value);

    [Fact]
    public void WorkOfTheThreadsOfAReadingIsNoTimeout() => Assert.True(Assert.Single(Run([s_own], (_, _) =>
    {
        ParallelRunner.Run(2, thread => Spin(s_timeout * (thread + 1)), CancellationToken.None);
        return true;
    })).Value);

    [Fact]
    public void BlockedThreadsOfAReadingAreLeftTogether()
    {
        TargetResult<bool> result = Assert.Single(Run([s_own], (_, _) =>
        {
            Task.WaitAll([StartWaiting(), StartWaiting()], CancellationToken.None);
            return true;
        }));
        Assert.Equal(ProcfsError.TimedOut, result.Failure?.Error);
        Assert.Equal(3, _left.ThreadCount);
    }

    [Fact]
    public void NoMoreThreadsThanTheLimitAreLeft()
    {
        TargetResult<int>[] results = [.. Run(Enumerable.Range(1, LeftTargets.MaxThreads + 20), (_, _) => Wait(), maxParallel: 4)];
        Assert.All(results, result => Assert.Equal(ProcfsError.TimedOut, result.Failure?.Error));
        Assert.InRange(_left.ThreadCount, LeftTargets.MaxThreads, LeftTargets.MaxThreads + 4);
        Assert.Contains($"{LeftTargets.MaxThreads} threads", results[^1].Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CancellationLeavesABlockedThread()
    {
        using CancellationTokenSource cancellation = new(TargetRun.Interval);
        Assert.Throws<OperationCanceledException>(() => RunUntil([s_own], (_, _) => Wait(), s_patient, cancellation.Token).ToList());
        Assert.Equal(1, _left.ThreadCount);
    }

    [Fact]
    public void CancellationEndsAReadingThatWorks()
    {
        using CancellationTokenSource cancellation = new(TargetRun.Interval);
        Assert.Throws<OperationCanceledException>(() => RunUntil([s_own], (_, token) => SpinUntilCancelled(token), s_patient, cancellation.Token).ToList());
        Assert.True(SpinWait.SpinUntil(() => _left.ThreadCount == 0, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void FailureOfATargetIsItsResult()
    {
        ProcfsException failure = new(ProcfsError.ReadFailed, "made-up", "/made/up", 2);
        TargetResult<int>[] results = [.. Run([1, 2, 4], (id, _) => id == 2 ? throw failure : id)];
        Assert.Equal([null, failure, null], results.Select(result => result.Failure));
    }

    [Fact]
    public void OtherExceptionsAreThrownInTheirPlace()
    {
        using IEnumerator<TargetResult<int>> results = Run([1, 2], (id, _) => id == 2 ? throw new NotSupportedException() : id).GetEnumerator();
        Assert.True(results.MoveNext());
        Assert.Throws<NotSupportedException>(() => results.MoveNext());
    }

    private static bool Spin(TimeSpan time)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < time;)
        {
            Thread.SpinWait(100);
        }

        return true;
    }

    private static int SpinUntilCancelled(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private int Wait()
    {
        _release.Wait(CancellationToken.None);
        return 0;
    }

    private int Wait(ref int begun)
    {
        Interlocked.Increment(ref begun);
        return Wait();
    }

    private Task<int> StartWaiting() => Task.Factory.StartNew(Wait, CancellationToken.None, TaskCreationOptions.None, TargetWatch.CurrentOrDefault);

    private int Count(int id, ref int read) => id == Blocked ? Wait() : Interlocked.Increment(ref read);

    private IEnumerable<TargetResult<T>> Run<T>(IEnumerable<int> ids, Func<int, CancellationToken, T> read, int maxParallel = 2) =>
        RunUntil(ids, read, new TargetRunOptions { Timeout = s_timeout, MaxParallel = maxParallel }, CancellationToken.None);

    private IEnumerable<TargetResult<T>> RunUntil<T>(
        IEnumerable<int> ids, Func<int, CancellationToken, T> read, TargetRunOptions options, CancellationToken cancellationToken) =>
        new TargetQueue<T>(_root, ids, read, options, _left).Run(cancellationToken);
}
