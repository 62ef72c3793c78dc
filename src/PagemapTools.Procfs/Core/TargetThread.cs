using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// A background thread that reads targets and can be left behind. The thread pool is not used: it would lose a thread with each target
/// that does not answer, and replaces such threads slowly.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "It has no wait handle, and lives as long as the thread.")]
internal sealed class TargetThread
{
    private static readonly TimeSpan s_idleTime = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _assigned = new(0);
    private readonly TargetThreads _pool;
    private Action<TargetThread> _job;
    private string? _directory;

    public TargetThread(TargetThreads pool, Action<TargetThread> firstJob)
    {
        _pool = pool;
        _job = firstJob;
    }

    /// <summary>Whether a reading on this thread was left behind. The thread ends when the kernel lets go of it.</summary>
    public bool IsLeft { get; set; }

    /// <summary>Starts the thread with its first job.</summary>
    public void Start() => new Thread(Work) { IsBackground = true, Name = "PagemapTools target" }.Start();

    /// <summary>Gives an idle thread its next job.</summary>
    public void Assign(Action<TargetThread> job)
    {
        _job = job;
        _assigned.Release();
    }

    /// <summary>
    /// Reads how much the thread has run. The times and the number of time slices of schedstat do not change while the thread is blocked
    /// (kernel/sched/stats.h, sched_info_arrive). Null if the thread runs or is runnable now, or if the kernel does not tell.
    /// </summary>
    public string? ReadActivity()
    {
        string? directory = Volatile.Read(ref _directory);
        if (directory is null || ProcText.TryReadSmall(ProcRoot.Default, $"{directory}/stat") is not { } stat)
        {
            return null;
        }

        // The name, in parentheses, may contain any character. The state follows it.
        int state = stat.LastIndexOf(") ", StringComparison.Ordinal) + 2;
        return state < 2 || state >= stat.Length || stat[state] == 'R' ? null : ProcText.TryReadSmall(ProcRoot.Default, $"{directory}/schedstat");
    }

    private void Work()
    {
        // "self/task/TID" is not enough: another proc file system may number the threads differently.
        Volatile.Write(ref _directory, new FileInfo("/proc/thread-self").LinkTarget is { } link ? $"/proc/{link}" : null);
        do
        {
            _job(this);
            _job = null!;
        }
        while (!IsLeft && _pool.TryPark(this) && WaitForJob());
    }

    private bool WaitForJob()
    {
        if (_assigned.Wait(s_idleTime))
        {
            return true;
        }

        if (_pool.TryRetire(this))
        {
            return false;
        }

        // A job was assigned at the same moment.
        _assigned.Wait();
        return true;
    }
}

/// <summary>The threads of this program that read targets. Idle threads wait a few seconds for another job.</summary>
internal sealed class TargetThreads
{
    private const int MaxIdle = 64;

    private readonly object _lock = new();
    private readonly List<TargetThread> _idle = [];

    /// <summary>Runs a job on an idle thread, or on a new one.</summary>
    /// <returns>False if no thread can be started. The runtime needs descriptors for that.</returns>
    public bool TryStart(Action<TargetThread> job)
    {
        if (TryTakeIdle() is { } idle)
        {
            idle.Assign(job);
            return true;
        }

        try
        {
            new TargetThread(this, job).Start();
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }

    /// <summary>Makes a thread available for another job; false if there are enough.</summary>
    public bool TryPark(TargetThread thread)
    {
        lock (_lock)
        {
            if (_idle.Count >= MaxIdle)
            {
                return false;
            }

            _idle.Add(thread);
            return true;
        }
    }

    /// <summary>Takes an idle thread out of service; false if it has a job again.</summary>
    public bool TryRetire(TargetThread thread)
    {
        lock (_lock)
        {
            return _idle.Remove(thread);
        }
    }

    private TargetThread? TryTakeIdle()
    {
        lock (_lock)
        {
            if (_idle.Count == 0)
            {
                return null;
            }

            TargetThread thread = _idle[^1];
            _idle.RemoveAt(_idle.Count - 1);
            return thread;
        }
    }
}
