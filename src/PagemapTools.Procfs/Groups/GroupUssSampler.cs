namespace PagemapTools.Procfs.Groups;

/// <summary>
/// Compares repeated measurements of groups: gives each object the time of its sample, and the change of its figures since the sample
/// before. A group is recognized by its name; its processes may change. Not safe to use from several threads.
/// </summary>
/// <remarks>The memory is that of the figures of two samples, some 300 bytes and the ids of the processes for each group.</remarks>
public sealed class GroupUssSampler
{
    private readonly SampleHistory<string, ProcessGroupUss> _history = new();

    /// <summary>Begins a sample.</summary>
    /// <param name="timestamp">The time that its objects get.</param>
    public void BeginSample(DateTime timestamp) => _history.BeginSample(timestamp);

    /// <summary>Adds a measurement to the sample.</summary>
    /// <param name="uss">The figures of a group.</param>
    /// <param name="isOnlyGroup">Whether the sample has only this group, which is then the same in each sample, whatever its name is.</param>
    /// <returns>The same figures, with the time of the sample and the changes since the sample before.</returns>
    public ProcessGroupUss Add(ProcessGroupUss uss, bool isOnlyGroup = false)
    {
        ArgumentNullException.ThrowIfNull(uss);
        return uss.CreateSample(_history.Timestamp, _history.Exchange(isOnlyGroup ? string.Empty : uss.Name ?? string.Empty, uss));
    }
}
