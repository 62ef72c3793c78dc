namespace PagemapTools.Procfs.WorkingSet;

/// <summary>
/// Compares repeated measurements: gives each object the time of its sample, and the change of its figures since the sample before. Not
/// safe to use from several threads.
/// </summary>
/// <remarks>A process is recognized by its id and its start, a mapping also by its address and its name. The memory is that of the objects of two samples.</remarks>
public sealed class WorkingSetSampler
{
    private readonly SampleHistory<WorkingSetKey, ProcessWorkingSet> _history = new();

    /// <summary>Begins a sample.</summary>
    /// <param name="timestamp">The time that its objects get.</param>
    public void BeginSample(DateTime timestamp) => _history.BeginSample(timestamp);

    /// <summary>Adds a measurement to the sample.</summary>
    /// <returns>The same figures, with the time of the sample and the changes since the sample before.</returns>
    public ProcessWorkingSet Add(ProcessWorkingSet workingSet)
    {
        ArgumentNullException.ThrowIfNull(workingSet);
        return workingSet.CreateSample(_history.Timestamp, _history.Exchange(workingSet.Key, workingSet));
    }
}
