using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Sharing;

/// <summary>What processes shared with one another at one moment.</summary>
public sealed class SharingMeasurement
{
    private readonly SharingTarget?[] _targets;
    private readonly PairCounter _counter;
    private readonly Dictionary<SharingTarget, int> _indices = [];

    internal SharingMeasurement(SharingTarget?[] targets, PairCounter counter, IReadOnlyList<ProcfsException> failures, DateTime timestamp)
    {
        _targets = targets;
        _counter = counter;
        Failures = failures;
        Timestamp = timestamp;
        for (int i = 0; i < targets.Length; i++)
        {
            if (targets[i] is { } target)
            {
                _indices.Add(target, i);
            }
        }
    }

    /// <summary>When the measurement began.</summary>
    public DateTime Timestamp { get; }

    /// <summary>The failures of the processes that were not measured, in ascending order of the ids. No pair has such a process.</summary>
    public IReadOnlyList<ProcfsException> Failures { get; }

    /// <summary>Enumerates the pairs of the measured processes, in ascending order of <see cref="ProcessSharing.ProcessId"/> and <see cref="ProcessSharing.OtherProcessId"/>.</summary>
    /// <param name="minimum">The smallest value of <see cref="ProcessSharing.Shared"/>, in bytes.</param>
    /// <param name="before">An earlier measurement, from which the changes are computed; null for no changes.</param>
    public IEnumerable<ProcessSharing> EnumeratePairs(long minimum = 0, SharingMeasurement? before = null)
    {
        for (int first = 0; first < _targets.Length; first++)
        {
            for (int second = first + 1; second < _targets.Length; second++)
            {
                if (_targets[first] is { } target && _targets[second] is { } other && GetShared(first, second) >= minimum)
                {
                    yield return CreatePair(target, other, before?.FindPair(target, other));
                }
            }
        }
    }

    // A process id that passed to another process is another target.
    private ProcessSharing? FindPair(SharingTarget target, SharingTarget other) =>
        _indices.ContainsKey(target) && _indices.ContainsKey(other) ? CreatePair(target, other, before: null) : null;

    private ProcessSharing CreatePair(SharingTarget target, SharingTarget other, ProcessSharing? before)
    {
        (int first, int second) = (_indices[target], _indices[other]);
        return new ProcessSharing
        {
            ProcessId = target.ProcessId,
            ProcessName = target.ProcessName,
            OtherProcessId = other.ProcessId,
            OtherProcessName = other.ProcessName,
            Anonymous = GetBytes(first, second, SharedFrameKind.Anonymous),
            File = GetBytes(first, second, SharedFrameKind.File),
            Shmem = GetBytes(first, second, SharedFrameKind.Shmem),
            Hugetlb = GetBytes(first, second, SharedFrameKind.Hugetlb),
            Timestamp = Timestamp,
            Before = before,
        };
    }

    private long GetShared(int first, int second) =>
        GetBytes(first, second, SharedFrameKind.Anonymous) + GetBytes(first, second, SharedFrameKind.File) + GetBytes(first, second, SharedFrameKind.Shmem) + GetBytes(first, second, SharedFrameKind.Hugetlb);

    private long GetBytes(int first, int second, SharedFrameKind kind) => _counter.GetCount(first, second, kind) * (long)PageGeometry.PageSize;
}

/// <summary>A measured process. Its program distinguishes it from a later process with the same id.</summary>
internal sealed record SharingTarget(int ProcessId, string ProcessName, ProgramIdentity? Program);
