namespace PagemapTools.Procfs.Uss;

/// <summary>
/// Compares repeated measurements: gives each object the time of its sample, and the change of its figures since the sample before. Not
/// safe to use from several threads.
/// </summary>
/// <remarks>
/// A process is recognized by its id and its start, a mapping also by its address and its name, a part of a process by its node. A process that has the id of another one
/// begins anew, with null. The memory is that of the figures of two samples, some 300 bytes for each process or mapping.
/// </remarks>
/// <example><code>
/// foreach (DateTime time in new SampleClock(TimeSpan.FromSeconds(10), maxSamples: 6).WaitForSamples())
/// {
///     sampler.BeginSample(time);
///     ProcessUss uss = sampler.Add(meter.Measure(processId));
///     Console.WriteLine($"{uss.Timestamp:T} {uss.Uss} {uss.UssDelta:+#;-#;0}");
/// }
/// </code></example>
public sealed class UssSampler
{
    private readonly SampleHistory<(int ProcessId, ulong? StartTime, ulong Address, string Name), ProcessUss> _history = new();

    /// <summary>Begins a sample.</summary>
    /// <param name="timestamp">The time that its objects get.</param>
    public void BeginSample(DateTime timestamp) => _history.BeginSample(timestamp);

    /// <summary>Adds a measurement to the sample.</summary>
    /// <returns>The same figures, with the time of the sample and the changes since the sample before.</returns>
    public ProcessUss Add(ProcessUss uss)
    {
        ArgumentNullException.ThrowIfNull(uss);
        (ulong address, string name) = uss switch
        {
            MappingUss { Mapping: var mapping } => (mapping.Start, mapping.Name),
            NodeUss { Node: var node } => ((ulong)(node ?? int.MaxValue), string.Empty),
            _ => (0UL, string.Empty),
        };
        ProcessUss? before = _history.Exchange((uss.ProcessId, uss.Target.StartTime, address, name), uss);
        return uss.CreateSample(_history.Timestamp, before);
    }
}
