using System.Diagnostics;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// Reads targets on several threads and returns the results in order. Each thread takes one target after the other. The thread that
/// enumerates the results watches the others while it waits. A thread that its target blocks is replaced by another one, so that the
/// number of targets that are really read stays the same.
/// </summary>
internal sealed class TargetQueue<T>(
    ProcRoot root, IEnumerable<int> processIds, Func<int, CancellationToken, T> read, TargetRunOptions options, LeftTargets leftTargets)
{
    // Bounds the results that wait behind a slow target.
    private const int MaxAhead = 256;

    // Two observations. A disk rarely blocks a thread for longer.
    private static readonly TimeSpan s_replaceAfter = TargetRun.Interval * 2;

    private readonly object _lock = new();
    private TargetSlot<T>[] _slots = [];
    private int _taken;
    private int _returned;
    private bool _isStopped;

    public IEnumerable<TargetResult<T>> Run(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _slots = [.. processIds.Select(id => new TargetSlot<T>(id))];
        try
        {
            int wanted = Math.Min(options.MaxParallel ?? Environment.ProcessorCount, _slots.Length);
            bool hasThread = false;
            while (wanted-- > 0 && leftTargets.Threads.TryStart(ReadSlots))
            {
                hasThread = true;
            }

            for (int i = 0; i < _slots.Length; i++)
            {
                yield return hasThread ? WaitFor(_slots[i], cancellationToken)
                    : new TargetResult<T>(_slots[i].ProcessId, default, ReadTarget.ForProcess(root, _slots[i].ProcessId).CreateNoThread());
                SetReturned(i + 1);
            }
        }
        finally
        {
            Stop();
        }
    }

    private void ReadSlots(TargetThread thread)
    {
        bool isReplaced = false;
        while (!isReplaced && TryTake() is { } slot)
        {
            T? value = default;
            Exception? failure = null;
            slot.Watch!.Run(thread, () => failure = TryRead(slot, slot.Watch, out value));
            isReplaced = Finish(slot, value, failure);
        }
    }

    private Exception? TryRead(TargetSlot<T> slot, TargetWatch watch, out T? value)
    {
        value = default;
        try
        {
            leftTargets.ThrowIfBlocked(watch.Target, options.Timeout, watch.Token);
            value = read(slot.ProcessId, watch.Token);
            return null;
        }
        catch (Exception failure)
        {
            // The enumerating thread throws it.
            return TargetRun.NameProcess(failure, watch.Target);
        }
    }

    private TargetSlot<T>? TryTake()
    {
        lock (_lock)
        {
            while (!_isStopped && _taken < _slots.Length && _taken >= _returned + MaxAhead)
            {
                Monitor.Wait(_lock);
            }

            if (_isStopped || _taken == _slots.Length)
            {
                return null;
            }

            TargetSlot<T> slot = _slots[_taken++];
            slot.Watch = new TargetWatch(ReadTarget.ForProcess(root, slot.ProcessId), leftTargets);
            return slot;
        }
    }

    /// <summary>Publishes a result, unless the reading was left behind. Returns whether another thread has the place of the calling one.</summary>
    private bool Finish(TargetSlot<T> slot, T? value, Exception? failure)
    {
        lock (_lock)
        {
            slot.Complete(value, failure);
            slot.IsAnswered = true;
            if (_isStopped || slot == _slots[Math.Min(_returned, _slots.Length - 1)])
            {
                Monitor.PulseAll(_lock);
            }

            return slot.IsReplaced;
        }
    }

    private void SetReturned(int count)
    {
        lock (_lock)
        {
            _slots[count - 1].Forget();
            _returned = count;
            if (_taken >= _returned + MaxAhead - 1)
            {
                Monitor.PulseAll(_lock);
            }
        }
    }

    private TargetResult<T> WaitFor(TargetSlot<T> slot, CancellationToken cancellationToken)
    {
        while (!WaitOnce(slot))
        {
            cancellationToken.ThrowIfCancellationRequested();
            options.OnWait?.Invoke();
            ObserveRunning();
        }

        cancellationToken.ThrowIfCancellationRequested();
        return slot.GetResult();
    }

    private bool WaitOnce(TargetSlot<T> slot)
    {
        lock (_lock)
        {
            return slot.IsDone || (Monitor.Wait(_lock, TargetRun.Interval) && slot.IsDone);
        }
    }

    private TargetSlot<T>[] GetRunning()
    {
        lock (_lock)
        {
            return [.. _slots.Take(_taken).Skip(_returned).Where(slot => slot.IsRunning)];
        }
    }

    private void ObserveRunning()
    {
        TargetSlot<T>[] running = GetRunning();
        TargetSlot<T>[] left = [.. running.Where(slot => slot.Watch!.Observe() >= options.Timeout && TryLeave(slot))];
        Array.ForEach(left, Replace);

        // Blocked threads count like those that were left behind already.
        int free = LeftTargets.MaxThreads - leftTargets.ThreadCount - running.Count(slot => slot is { IsRunning: true, IsReplaced: true });
        foreach (TargetSlot<T> slot in running.Where(slot => slot is { IsRunning: true, IsReplaced: false } && slot.Watch!.Blocked >= s_replaceAfter).Take(Math.Max(free, 0)))
        {
            Replace(slot);
        }
    }

    /// <summary>Starts another thread in the place of the one that a target blocks, unless there is one or the target has answered.</summary>
    private void Replace(TargetSlot<T> slot)
    {
        lock (_lock)
        {
            // A blocked thread that has no successor goes on when its target answers.
            slot.IsReplaced |= slot is { IsReplaced: false, IsAnswered: false } && !_isStopped && _taken < _slots.Length && leftTargets.Threads.TryStart(ReadSlots);
        }
    }

    /// <summary>Makes a target that does not answer a failure; false if it has answered after all.</summary>
    private bool TryLeave(TargetSlot<T> slot)
    {
        lock (_lock)
        {
            if (slot.IsDone)
            {
                return false;
            }

            slot.Complete(default, slot.Watch!.Target.CreateTimedOut(options.Timeout));
        }

        slot.Watch!.Leave();
        return true;
    }

    /// <summary>Ends the readings, and leaves those that do not end soon.</summary>
    private void Stop()
    {
        lock (_lock)
        {
            _isStopped = true;
            Monitor.PulseAll(_lock);
        }

        TargetSlot<T>[] running = GetRunning();
        Array.ForEach(running, slot => slot.Watch!.Cancel());
        Stopwatch waited = Stopwatch.StartNew();
        lock (_lock)
        {
            while (Array.Exists(running, slot => slot.IsRunning) && waited.Elapsed < TargetRun.Grace)
            {
                Monitor.Wait(_lock, TargetRun.Interval);
            }
        }

        foreach (TargetSlot<T> slot in running.Where(slot => slot.IsRunning))
        {
            slot.Watch!.Leave();
        }
    }
}
