namespace PagemapTools.Procfs.Tests.Support;

/// <summary>A clock that <see cref="Advance"/> moves, and that a wait for <see cref="AdvanceOnWait"/> moves. Other waits never end.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _ticks;

    public TimeSpan AdvanceOnWait { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != AdvanceOnWait)
        {
            return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
        }

        Advance(dueTime);
        return System.CreateTimer(callback, state, TimeSpan.Zero, period);
    }

    public void Advance(TimeSpan time) => _ticks += time.Ticks;
}
