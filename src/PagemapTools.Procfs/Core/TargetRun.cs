using System.Runtime.ExceptionServices;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// Reads processes on threads that can be left behind. A process can be held still so that no read of its files returns, not even to
/// SIGKILL. Such a process is a failure (<see cref="ProcfsError.TimedOut"/>) after a time, and the caller goes on. The thread ends, and
/// releases what it holds, when the kernel lets go of it. At most 64 threads are left behind.
/// </summary>
/// <remarks>
/// A reading runs on another thread than its caller does. It must not use what belongs to the calling thread, and a reading that was left
/// behind must not be waited for.
/// </remarks>
/// <example><code>
/// UssMeter meter = new(procfs);
/// foreach (TargetResult&lt;ProcessUss&gt; result in TargetRun.ReadEach(procfs.Root, ids, (id, token) => meter.Measure(id, threads: 1, cancellationToken: token)))
/// {
///     Console.WriteLine(result.Value?.Uss is { } uss ? $"{result.ProcessId} {uss}" : $"{result.ProcessId} {result.Failure?.Message}");
/// }
/// </code></example>
public static class TargetRun
{
    /// <summary>The time between two looks at threads that do not finish.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>The time that a cancelled reading has to end before it is left behind. A batch takes a few milliseconds.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(400);

    /// <summary>Reads one process.</summary>
    /// <param name="root">The proc tree of the process.</param>
    /// <param name="processId">The process.</param>
    /// <param name="read">The reading; it runs on another thread.</param>
    /// <param name="options">The timeout; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the reading. A blocked thread is left behind.</param>
    /// <exception cref="ProcfsException">The process does not answer, or the reading failed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> is cancelled.</exception>
    public static T Read<T>(
        ProcRoot root, int processId, Func<CancellationToken, T> read, TargetRunOptions? options = null, CancellationToken cancellationToken = default)
    {
        // The watch of the outer reading also watches this one.
        if (TargetWatch.IsWatched)
        {
            return read(cancellationToken);
        }

        TargetQueue<T> queue = new(root, [processId], (_, token) => read(token), options ?? new TargetRunOptions(), LeftTargets.Shared);
        foreach (TargetResult<T> result in queue.Run(cancellationToken))
        {
            if (result.Failure is not null)
            {
                ExceptionDispatchInfo.Throw(result.Failure);
            }

            return result.Value!;
        }

        throw new InvalidOperationException("The queue returned no result.");
    }

    /// <summary>Reads several processes at the same time. Reading begins with the enumeration.</summary>
    /// <param name="root">The proc tree of the processes.</param>
    /// <param name="processIds">The processes.</param>
    /// <param name="read">The reading of one process. It runs on other threads, several at a time.</param>
    /// <param name="options">The timeout and the number of processes at a time; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the readings. Blocked threads are left behind.</param>
    /// <returns>
    /// One result for each process, in the order of <paramref name="processIds"/>. While a process does not answer, others are read in
    /// its place, at most 256 ahead of the caller. An exception that is no <see cref="ProcfsException"/> is thrown at its place.
    /// </returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> is cancelled.</exception>
    public static IEnumerable<TargetResult<T>> ReadEach<T>(
        ProcRoot root, IEnumerable<int> processIds, Func<int, CancellationToken, T> read, TargetRunOptions? options = null, CancellationToken cancellationToken = default) =>
        new TargetQueue<T>(root, processIds, read, options ?? new TargetRunOptions(), LeftTargets.Shared).Run(cancellationToken);

    /// <summary>Reads a sequence from one process. Reading begins with the enumeration, and runs at most a few thousand items ahead of it.</summary>
    /// <param name="root">The proc tree of the process.</param>
    /// <param name="processId">The process.</param>
    /// <param name="read">Returns the sequence, which is enumerated and disposed on another thread.</param>
    /// <param name="options">The timeout; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the reading. A blocked thread is left behind.</param>
    /// <returns>The items. A failure is thrown after the items that were read before it.</returns>
    /// <exception cref="ProcfsException">The process does not answer, or the reading failed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> is cancelled.</exception>
    public static IEnumerable<T> ReadSequence<T>(
        ProcRoot root, int processId, Func<CancellationToken, IEnumerable<T>> read, TargetRunOptions? options = null, CancellationToken cancellationToken = default) =>
        ReadSequence(ReadTarget.ForProcess(root, processId), read, options, cancellationToken);

    /// <summary>Reads a sequence from a process, or from a path whose file system may have a server that does not answer, in the same way.</summary>
    internal static IEnumerable<T> ReadSequence<T>(
        ReadTarget target, Func<CancellationToken, IEnumerable<T>> read, TargetRunOptions? options = null, CancellationToken cancellationToken = default) =>
        TargetWatch.IsWatched ? read(cancellationToken) : new TargetStream<T>(target, read, options ?? new TargetRunOptions(), LeftTargets.Shared).Enumerate(cancellationToken);

    /// <summary>
    /// Creates the failure of the process that was read when the machine lacked descriptors or memory. Such a failure of a file of the whole
    /// machine, or of a task without a thread, does not end the reading of other processes.
    /// </summary>
    internal static Exception NameProcess(Exception failure, ReadTarget target) => failure switch
    {
        ProcfsException { ProcessId: null, IsExhaustion: true } exhaustion when target.ProcessId is { } id => exhaustion.ForProcess(id),
        TaskSchedulerException { InnerException: ProcfsException noThread } => noThread,
        _ => failure,
    };
}
