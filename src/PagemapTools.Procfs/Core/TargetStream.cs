using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// Enumerates a sequence on a thread that can be left behind. The items pass through chunks: the producer fills one while the consumer
/// reads from the same or from an earlier one, without a lock for each item.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "It has no wait handle, and a thread that was left behind may use it.")]
internal sealed class TargetStream<T>(
    ReadTarget target, Func<CancellationToken, IEnumerable<T>> read, TargetRunOptions options, LeftTargets leftTargets)
{
    // The first items arrive at once. In a full chunk the cost of waking the consumer is small.
    private const int FirstChunkSize = 16;
    private const int ChunkGrowthFactor = 4;
    private const int MaxChunkSize = 1024;

    private const int MaxChunksAhead = 4;

    // The consumer takes the items of an unfinished chunk after this time.
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(10);

    private readonly TargetWatch _watch = new(target, leftTargets);
    private readonly SemaphoreSlim _room = new(MaxChunksAhead);
    private readonly SemaphoreSlim _filled = new(0);
    private readonly Chunk _first = new(FirstChunkSize);
    private Exception? _failure;
    private volatile bool _isEnd;

    public IEnumerable<T> Enumerate(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!leftTargets.Threads.TryStart(thread => _watch.Run(thread, Produce)))
        {
            throw target.CreateNoThread();
        }

        try
        {
            Chunk? chunk = _first;
            while (chunk is not null)
            {
                for (int i = 0; i < chunk.Items.Length && (i < chunk.Count || WaitForItem(chunk, i, cancellationToken)); i++)
                {
                    yield return chunk.Items[i];
                }

                chunk = WaitForNext(chunk, cancellationToken);
                _room.Release();
            }

            Rethrow();
        }
        finally
        {
            Stop();
        }
    }

    private void Produce()
    {
        try
        {
            leftTargets.ThrowIfBlocked(target, options.Timeout, _watch.Token);
            Chunk chunk = _first;
            foreach (T item in read(_watch.Token))
            {
                chunk = chunk.Count < chunk.Items.Length ? chunk : AddChunk(chunk);
                chunk.Add(item);
            }
        }
        catch (Exception failure)
        {
            // The consumer throws it.
            _failure = TargetRun.NameProcess(failure, target);
        }
        finally
        {
            _isEnd = true;
            _filled.Release();
        }
    }

    private Chunk AddChunk(Chunk full)
    {
        _filled.Release();
        _room.Wait(_watch.Token);
        return full.AddNext(new Chunk(Math.Min(full.Items.Length * ChunkGrowthFactor, MaxChunkSize)));
    }

    private bool WaitForItem(Chunk chunk, int index, CancellationToken cancellationToken) =>
        WaitFor(() => index < chunk.Count, cancellationToken);

    private Chunk? WaitForNext(Chunk chunk, CancellationToken cancellationToken) =>
        chunk.Next ?? (WaitFor(() => chunk.Next is not null, cancellationToken) ? chunk.Next : null);

    /// <summary>Waits until there is more; false at the end.</summary>
    private bool WaitFor(Func<bool> isThere, CancellationToken cancellationToken)
    {
        Stopwatch sinceObservation = Stopwatch.StartNew();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool isEnd = _isEnd;
            if (isThere() || isEnd)
            {
                return isThere();
            }

            if (!_filled.Wait(s_patience, CancellationToken.None) && sinceObservation.Elapsed >= TargetRun.Interval)
            {
                sinceObservation.Restart();
                options.OnWait?.Invoke();
                ThrowIfTimedOut();
            }
        }
    }

    private void ThrowIfTimedOut()
    {
        if (_watch.Observe() >= options.Timeout)
        {
            _watch.Leave();
            throw target.CreateTimedOut(options.Timeout);
        }
    }

    private void Rethrow()
    {
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }
    }

    /// <summary>Ends the reading, and leaves it if it does not end soon.</summary>
    private void Stop()
    {
        _watch.Cancel();
        Stopwatch waited = Stopwatch.StartNew();
        while (!_isEnd && !_watch.IsLeft && waited.Elapsed < TargetRun.Grace)
        {
            _filled.Wait(s_patience);
        }

        if (!_isEnd && !_watch.IsLeft)
        {
            _watch.Leave();
        }
    }

    /// <summary>Items that the producer adds while the consumer reads those before them.</summary>
    private sealed class Chunk(int size)
    {
        private int _count;
        private Chunk? _next;

        public T[] Items { get; } = new T[size];

        public int Count => Volatile.Read(ref _count);

        public Chunk? Next => Volatile.Read(ref _next);

        public void Add(T item)
        {
            Items[_count] = item;
            Volatile.Write(ref _count, _count + 1);
        }

        public Chunk AddNext(Chunk next)
        {
            Volatile.Write(ref _next, next);
            return next;
        }
    }
}
