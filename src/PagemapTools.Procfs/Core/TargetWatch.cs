using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// The threads that read one target, and how long the target has blocked them. Tasks that a reading starts on
/// <see cref="CurrentOrDefault"/> run on threads of the same watch.
/// </summary>
/// <remarks>
/// A process can be held still so that a read of its files never returns. Example: a reader of /proc/PID/mem faults on a page of a
/// FUSE file whose server does not answer, and so keeps mmap_lock (mm/memory.c, __access_remote_vm); a thread of the process waits in
/// mmap for the same lock; every later reader of maps, smaps, pagemap or cmdline waits behind it.
/// </remarks>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "It has no wait handle, and a thread that was left behind may use it.")]
internal sealed class TargetWatch(ReadTarget target, LeftTargets leftTargets) : TaskScheduler
{
    // A longer step is a pause of this program (SIGSTOP, a suspended machine), in which its threads could not run either.
    private static readonly TimeSpan s_maxStep = TimeSpan.FromMilliseconds(250);

    [ThreadStatic]
    private static TargetWatch? s_current;

    private readonly object _lock = new();
    private readonly List<TargetThread> _threads = [];
    private readonly CancellationTokenSource _cancellation = new();
    private readonly Stopwatch _sinceObservation = new();
    private LeftTarget? _left;
    private long _finished;
    private string _activity = string.Empty;
    private TimeSpan _blocked;

    /// <summary>The scheduler for the tasks of a reading: the watch of the calling thread, or the thread pool.</summary>
    public static TaskScheduler CurrentOrDefault => s_current ?? Default;

    /// <summary>Whether the calling thread already reads a target under a watch.</summary>
    public static bool IsWatched => s_current is not null;

    /// <summary>The target.</summary>
    public ReadTarget Target => target;

    /// <summary>Cancels the reading.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>How long no thread of the watch has got on.</summary>
    public TimeSpan Blocked => _blocked;

    /// <summary>The number of threads that read the target now.</summary>
    public int ThreadCount
    {
        get
        {
            lock (_lock)
            {
                return _threads.Count;
            }
        }
    }

    /// <summary>Whether the threads were left behind.</summary>
    public bool IsLeft => _left is not null;

    public void Cancel() => _cancellation.Cancel();

    /// <summary>Runs a part of the reading on the calling thread.</summary>
    public void Run(TargetThread thread, Action work)
    {
        Enter(thread);
        TargetWatch? outer = s_current;
        s_current = this;
        try
        {
            work();
        }
        finally
        {
            s_current = outer;
            Exit(thread);
        }
    }

    /// <summary>Compares what the threads have done with the observation before. One thread observes a watch.</summary>
    /// <returns>How long the target has blocked all threads.</returns>
    public TimeSpan Observe()
    {
        TimeSpan step = _sinceObservation.IsRunning ? _sinceObservation.Elapsed : TimeSpan.Zero;
        _sinceObservation.Restart();
        string? activity = ReadActivity();
        _blocked = activity is null || activity != _activity ? TimeSpan.Zero : _blocked + (step < s_maxStep ? step : s_maxStep);
        _activity = activity ?? string.Empty;
        return _blocked;
    }

    /// <summary>Leaves the threads that still read the target. They end when the kernel lets go of them.</summary>
    public void Leave()
    {
        Cancel();
        LeftTarget left = new(this);
        lock (_lock)
        {
            if (_threads.Count == 0)
            {
                left.Release();
                return;
            }

            _left = left;
            _threads.ForEach(thread => thread.IsLeft = true);
        }

        leftTargets.Add(left);
    }

    protected override void QueueTask(Task task)
    {
        if (!leftTargets.Threads.TryStart(thread => Run(thread, () => TryExecuteTask(task))))
        {
            throw Target.CreateNoThread();
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && s_current == this && TryExecuteTask(task);

    protected override IEnumerable<Task>? GetScheduledTasks() => null;

    private string? ReadActivity()
    {
        TargetThread[] threads;
        long finished;
        lock (_lock)
        {
            threads = [.. _threads];
            finished = _finished;
        }

        string activity = $"{finished}";
        foreach (TargetThread thread in threads)
        {
            string? one = TryReadActivity(thread);
            if (one is null)
            {
                return null;
            }

            activity = $"{activity} {one}";
        }

        return activity;
    }

    // Without a free descriptor nothing is known. The thread counts as running.
    private static string? TryReadActivity(TargetThread thread)
    {
        try
        {
            return thread.ReadActivity();
        }
        catch (ProcfsException)
        {
            return null;
        }
    }

    private void Enter(TargetThread thread)
    {
        lock (_lock)
        {
            _threads.Add(thread);
            thread.IsLeft |= _left is not null;
        }
    }

    private void Exit(TargetThread thread)
    {
        LeftTarget? released = null;
        lock (_lock)
        {
            _threads.Remove(thread);
            _finished++;
            released = _threads.Count == 0 ? _left : null;
        }

        if (released is not null)
        {
            leftTargets.Remove(released);
        }
    }
}
