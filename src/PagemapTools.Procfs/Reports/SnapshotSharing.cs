using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Sharing;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Procfs.Reports;

/// <summary>Counts what the processes of a snapshot share, while its page frames are read.</summary>
/// <param name="processes">The processes, which have been read.</param>
internal sealed class SnapshotSharing(SnapshotProcesses processes)
{
    private readonly PairCounter? _counter = processes.Owners is { } owners ? new PairCounter(owners, [.. processes.Items.Select(_ => true)]) : null;

    /// <summary>Adds page frames that processes map.</summary>
    /// <param name="word">Their word in <see cref="FrameTable"/>.</param>
    /// <param name="run">The run that they belong to.</param>
    /// <param name="count">The number of page frames.</param>
    public void Add(uint word, FrameRun run, int count)
    {
        if (GetKind(FrameTable.GetKind(word), run) is { } kind)
        {
            _counter?.Add(FrameTable.GetSet(word), kind, count);
        }
    }

    /// <summary>Selects the pairs that share most; null if the snapshot does not show who maps a page frame.</summary>
    public ReportedSharing? Select(DateTime time, CancellationToken cancellationToken)
    {
        if (_counter is null)
        {
            return null;
        }

        _counter.Complete(cancellationToken);
        SharingTarget[] targets = [.. processes.Items.Select(process => new SharingTarget(process.Id, process.Name, null))];
        Dictionary<int, int> indices = processes.Items.Select((process, index) => (process.Id, index)).ToDictionary(process => process.Id, process => process.index);
        return SharingSelection.Select(new SharingMeasurement(targets, _counter, [], time), indices);
    }

    // The zero page, and page frames that the kernel does not account (a device's memory), look anonymous and have the count 0.
    private static SharedFrameKind? GetKind(SharedFrameKind mapped, in FrameRun run) => run.Use switch
    {
        PageUse.Hugetlb => SharedFrameKind.Hugetlb,
        PageUse.SharedMemory => SharedFrameKind.Shmem,
        PageUse.ZeroPage => null,
        _ => mapped == SharedFrameKind.Anonymous && run.MapCount == 0 ? null : mapped,
    };
}
