namespace PagemapTools.Procfs.Core;

/// <summary>
/// The times of repeated measurements. The first is now. Each of the others is an interval after the beginning of the one before; a
/// measurement that takes longer than the interval delays the next one.
/// </summary>
/// <param name="interval">The time between the beginnings of two samples.</param>
/// <param name="maxSamples">The number of samples; null for no end.</param>
/// <param name="time">The source of the time; null for the system's.</param>
public sealed class SampleClock(TimeSpan interval, long? maxSamples = 1, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Returns the local time of each sample when it is due. The enumeration waits for the next one.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> is cancelled.</exception>
    public IEnumerable<DateTime> WaitForSamples(CancellationToken cancellationToken = default)
    {
        for (long sample = 1; maxSamples is null || sample <= maxSamples; sample++)
        {
            long begin = _time.GetTimestamp();
            yield return _time.GetLocalNow().DateTime;
            if (sample != maxSamples)
            {
                Wait(interval - _time.GetElapsedTime(begin), cancellationToken);
            }
        }
    }

    private void Wait(TimeSpan rest, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (rest > TimeSpan.Zero)
        {
            using CancellationTokenSource due = new(rest, _time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(due.Token, cancellationToken);
            either.Token.WaitHandle.WaitOne();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
