using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Core;

/// <summary>A target whose reading was left behind.</summary>
/// <param name="watch">The threads that the target holds.</param>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "It has no wait handle, and a thread that was left behind may use it.")]
internal sealed class LeftTarget(TargetWatch watch)
{
    private readonly Stopwatch _sinceLeft = Stopwatch.StartNew();
    private readonly TimeSpan _before = watch.Blocked;
    private readonly ManualResetEventSlim _released = new(false);

    // An open comm belongs to its process even if another process gets the id (fs/proc/base.c, comm_show: ESRCH), and reading it
    // takes no lock that a target can hold.
    private readonly SafeFileHandle? _life = watch.Target.LifeFile is { } file ? FileIO.OpenForReading(file, out _) : null;

    public TargetWatch Watch => watch;

    /// <summary>How long the target has not answered.</summary>
    public TimeSpan Blocked => _before + _sinceLeft.Elapsed;

    /// <summary>Whether the process still exists; true for a target that does not end.</summary>
    public bool IsAlive
    {
        get
        {
            Span<byte> name = stackalloc byte[64];
            return _life is null || (!_life.IsInvalid && !_life.IsClosed && FileIO.PRead(_life, name, 0, out _) > 0);
        }
    }

    /// <summary>Waits until the kernel lets go of the threads; false after the timeout.</summary>
    public bool WaitForRelease(TimeSpan timeout, CancellationToken cancellationToken) => _released.Wait(timeout, cancellationToken);

    public void Release()
    {
        _released.Set();
        _life?.Dispose();
    }
}

/// <summary>
/// The targets of this program that hold threads. The kernel holds the threads beyond the end of a command, so the next command must
/// know them: that is why the list is one for the whole program.
/// </summary>
internal sealed class LeftTargets
{
    /// <summary>The number of threads that may be left behind. After that no further target is read until the kernel lets go of one.</summary>
    public const int MaxThreads = 64;

    private readonly object _lock = new();
    private readonly List<LeftTarget> _targets = [];

    public static LeftTargets Shared { get; } = new();

    /// <summary>The threads that read targets.</summary>
    public TargetThreads Threads { get; } = new();

    /// <summary>The number of threads that are left behind.</summary>
    public int ThreadCount
    {
        get
        {
            lock (_lock)
            {
                return _targets.Sum(target => target.Watch.ThreadCount);
            }
        }
    }

    public void Add(LeftTarget target)
    {
        lock (_lock)
        {
            _targets.Add(target);
        }

        // The last thread may have ended before the target was in the list.
        if (target.Watch.ThreadCount == 0)
        {
            Remove(target);
        }
    }

    public void Remove(LeftTarget target)
    {
        lock (_lock)
        {
            _targets.Remove(target);
        }

        target.Release();
    }

    /// <summary>Waits, within the timeout, for a target that an earlier reading left. A target that has not answered for so long fails at once.</summary>
    /// <exception cref="ProcfsException">The target does not answer, or too many threads are left behind.</exception>
    public void ThrowIfBlocked(ReadTarget target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (Find(target) is { } left)
        {
            TimeSpan rest = timeout - left.Blocked;
            if (rest <= TimeSpan.Zero || !left.WaitForRelease(rest, cancellationToken))
            {
                throw target.CreateTimedOut(timeout);
            }
        }

        if (ThreadCount >= MaxThreads)
        {
            throw target.CreateTooManyThreads(MaxThreads);
        }
    }

    private LeftTarget? Find(ReadTarget target)
    {
        LeftTarget? found;
        lock (_lock)
        {
            found = _targets.Find(left => left.Watch.Target == target);
        }

        return found is { IsAlive: true } ? found : null;
    }
}
