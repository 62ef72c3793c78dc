namespace PagemapTools.Procfs.Sharing;

/// <summary>
/// The memory in page frames that two processes both map, in bytes. A page frame counts once, however many times a process maps it. Pages
/// in swap have no page frame, and the zero page belongs to no process; neither counts.
/// </summary>
public sealed class ProcessSharing
{
    /// <summary>The id of the process with the lower id.</summary>
    public int ProcessId { get; internal init; }

    /// <summary>The name of that process.</summary>
    public string ProcessName { get; internal init; } = string.Empty;

    /// <summary>The id of the other process.</summary>
    public int OtherProcessId { get; internal init; }

    /// <summary>The name of the other process.</summary>
    public string OtherProcessName { get; internal init; } = string.Empty;

    /// <summary>All that both map: the sum of <see cref="Anonymous"/>, <see cref="File"/>, <see cref="Shmem"/> and <see cref="Hugetlb"/>.</summary>
    public long Shared => Anonymous + File + Shmem + Hugetlb;

    /// <summary>Anonymous memory: pages that a fork shares until one process writes them, and pages that KSM has merged.</summary>
    public long Anonymous { get; internal init; }

    /// <summary>The page cache of files: programs, libraries and other mapped files.</summary>
    public long File { get; internal init; }

    /// <summary>Shared memory that the kernel counts as Shmem: memfd, POSIX and System V shared memory, shared anonymous memory and files on tmpfs.</summary>
    public long Shmem { get; internal init; }

    /// <summary>Huge pages of hugetlbfs.</summary>
    public long Hugetlb { get; internal init; }

    /// <summary>The change of <see cref="Shared"/> since the measurement before; null in the first one, and for a pair that it does not have.</summary>
    public long? SharedDelta => Shared - Before?.Shared;

    /// <summary>The change of <see cref="Anonymous"/>, null as <see cref="SharedDelta"/>. After a fork it is negative: what either process wrote was copied.</summary>
    public long? AnonymousDelta => Anonymous - Before?.Anonymous;

    /// <summary>The change of <see cref="File"/>, null as <see cref="SharedDelta"/>.</summary>
    public long? FileDelta => File - Before?.File;

    /// <summary>The change of <see cref="Shmem"/>, null as <see cref="SharedDelta"/>.</summary>
    public long? ShmemDelta => Shmem - Before?.Shmem;

    /// <summary>The change of <see cref="Hugetlb"/>, null as <see cref="SharedDelta"/>.</summary>
    public long? HugetlbDelta => Hugetlb - Before?.Hugetlb;

    /// <summary>When the measurement began.</summary>
    public DateTime Timestamp { get; internal init; }

    // The pair of the measurement before, without the one before that.
    internal ProcessSharing? Before { get; init; }
}
