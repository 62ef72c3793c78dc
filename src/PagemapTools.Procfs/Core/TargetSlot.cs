using System.Runtime.ExceptionServices;

namespace PagemapTools.Procfs.Core;

/// <summary>One target of a <see cref="TargetQueue{T}"/> and its result. The lock of the queue guards it.</summary>
internal sealed class TargetSlot<T>(int processId)
{
    private T? _value;
    private Exception? _failure;

    public int ProcessId => processId;

    public TargetWatch? Watch { get; set; }

    public bool IsDone { get; private set; }

    /// <summary>Whether the reading has ended. A target that was left behind is done before that.</summary>
    public bool IsAnswered { get; set; }

    public bool IsRunning => Watch is not null && !IsDone;

    /// <summary>Whether another thread has the place of the one that reads this target.</summary>
    public bool IsReplaced { get; set; }

    public void Complete(T? value, Exception? failure)
    {
        (_value, _failure) = IsDone ? (_value, _failure) : (value, failure);
        IsDone = true;
    }

    public TargetResult<T> GetResult()
    {
        if (_failure is not (null or ProcfsException))
        {
            ExceptionDispatchInfo.Throw(_failure);
        }

        return new TargetResult<T>(processId, _value, _failure as ProcfsException);
    }

    public void Forget() => _value = default;
}
