using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.WorkingSet;

/// <summary>The memory that a process used in an interval, in bytes.</summary>
public class ProcessWorkingSet
{
    private readonly WorkingSetTarget _target;
    private ProcessWorkingSet? _before;

    internal ProcessWorkingSet(WorkingSetTarget target, WorkingSetFigures figures)
    {
        _target = target;
        Figures = figures;
        Timestamp = DateTime.Now;
    }

    /// <summary>The local time of the sample; all objects of a sample have the same.</summary>
    public DateTime Timestamp { get; private set; }

    /// <summary>The id of the process.</summary>
    public int ProcessId => _target.ProcessId;

    /// <summary>The name of the process.</summary>
    public string ProcessName => _target.ProcessName;

    /// <summary>The method of the measurement.</summary>
    public WorkingSetMethod Method => _target.Method;

    /// <summary>The time between the marking of the pages of this process and the beginning of their reading.</summary>
    public TimeSpan Interval => _target.Interval;

    /// <summary>Memory that was read or written in the interval. Null for the method SoftDirty, which finds writes only.</summary>
    public long? Referenced => Figures.Referenced;

    /// <summary>Memory that was written in the interval. Null for the methods Referenced and Idle, which do not distinguish writes from reads.</summary>
    public long? Written => Figures.Written;

    /// <summary>The resident memory, without hugetlb pages, at the end of the interval. Null if the kernel does not say.</summary>
    public long? Rss => Figures.Rss;

    /// <summary><see cref="Referenced"/> or <see cref="Written"/> in percent of <see cref="Rss"/>. Null if a figure is null, or if nothing is resident.</summary>
    public double? Percent => Rss > 0 ? 100.0 * (Referenced ?? Written) / Rss : null;

    /// <summary>The change of <see cref="Referenced"/> since the sample before; null in the first sample of the process, or if a figure is null.</summary>
    public long? ReferencedDelta => Referenced - _before?.Referenced;

    /// <summary>The change of <see cref="Written"/> since the sample before; null as <see cref="ReferencedDelta"/>.</summary>
    public long? WrittenDelta => Written - _before?.Written;

    /// <summary>The change of <see cref="Rss"/> since the sample before; null as <see cref="ReferencedDelta"/>.</summary>
    public long? RssDelta => Rss - _before?.Rss;

    /// <summary>Distinguishes the objects of a sample.</summary>
    internal virtual WorkingSetKey Key => new(ProcessId, _target.StartTime, 0, string.Empty);

    private WorkingSetFigures Figures { get; }

    /// <summary>Creates the object of a sample. It refers to the object before without the one before that.</summary>
    internal ProcessWorkingSet CreateSample(DateTime timestamp, ProcessWorkingSet? before)
    {
        ProcessWorkingSet sample = (ProcessWorkingSet)MemberwiseClone();
        sample.Timestamp = timestamp;
        sample._before = before;
        return sample;
    }
}

/// <summary>The memory of one mapping that its process used in an interval, in bytes.</summary>
public sealed class MappingWorkingSet : ProcessWorkingSet
{
    internal MappingWorkingSet(WorkingSetTarget target, MemoryMapping mapping, WorkingSetFigures figures)
        : base(target, figures)
    {
        Mapping = mapping;
    }

    /// <summary>The mapping.</summary>
    public MemoryMapping Mapping { get; }

    internal override WorkingSetKey Key => base.Key with { Address = Mapping.Start, Name = Mapping.Name };
}

/// <summary>The process of a measurement.</summary>
internal sealed record WorkingSetTarget(int ProcessId, string ProcessName, ulong? StartTime, WorkingSetMethod Method, TimeSpan Interval);

/// <summary>The figures of a process or of a mapping in bytes; null where they are unknown, or where the method does not have them.</summary>
internal readonly record struct WorkingSetFigures(long? Referenced, long? Written, long? Rss);

/// <summary>What distinguishes an object of a sample from the others.</summary>
internal readonly record struct WorkingSetKey(int ProcessId, ulong? StartTime, ulong Address, string Name);
