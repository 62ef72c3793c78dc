namespace PagemapTools.Procfs.Groups;

/// <summary>
/// The memory of several processes taken as one, in bytes: what they use together, what nobody else maps, and what returns to free memory
/// when all of them end. Null is unknown.
/// </summary>
/// <remarks>
/// A page frame counts once, however many of the processes map it, and however often. Processes of one address space count once.
/// </remarks>
public sealed class ProcessGroupUss
{
    private ProcessGroupUss? _before;

    internal ProcessGroupUss(string? name, IReadOnlyList<int> processIds)
    {
        Name = name;
        ProcessIds = processIds;
    }

    /// <summary>The local time of the sample; all objects of a sample have the same.</summary>
    public DateTime Timestamp { get; private set; } = DateTime.Now;

    /// <summary>The name of the group: that of its processes, their cgroup, or their user.</summary>
    public string? Name { get; }

    /// <summary>The ids of the processes that the figures cover, in ascending order.</summary>
    public IReadOnlyList<int> ProcessIds { get; }

    /// <summary>The number of processes that the figures cover.</summary>
    public int ProcessCount => ProcessIds.Count;

    /// <summary>The unique set size: page frames all of whose mappings are in the group. Null if the kernel does not show for some page frame who maps it.</summary>
    public long? Uss { get; internal init; }

    /// <summary>The proportional set size: the sum of the processes' own, without hugetlb pages, as in smaps. Null if the kernel does not show how many mappings share a page frame.</summary>
    public long? Pss { get; internal init; }

    /// <summary>The resident set size: page frames that the group maps, without hugetlb pages.</summary>
    public long Rss { get; internal init; }

    /// <summary>The part of Rss that processes outside of the group map, too. Null if Uss is null.</summary>
    public long? Shared { get; internal init; }

    /// <summary>Swapped-out memory: distinct slots of swap areas, and swapped-out pages of shared memory that the group maps. Null if the kernel hides them.</summary>
    public long? Swap { get; internal init; }

    /// <summary>Memory in hugetlb pages that the group maps. Rss does not include it.</summary>
    public long Hugetlb { get; internal init; }

    /// <summary>The part of Uss that is anonymous memory. Null if Uss is null.</summary>
    public long? UssAnonymous { get; internal init; }

    /// <summary>The part of Uss that is pages of files on disks, and the pages that the kernel maps into each process. Null if Uss is null.</summary>
    public long? UssFile { get; internal init; }

    /// <summary>The part of Uss that is shared memory and files on tmpfs. Null if Uss is null.</summary>
    public long? UssShmem { get; internal init; }

    /// <summary>Page tables (VmPTE in /proc/PID/status). Null if the kernel does not say.</summary>
    public long? PageTables { get; internal init; }

    /// <summary>
    /// What returns to free memory when all processes of the group end: anonymous memory, page tables, shared memory and deleted files
    /// that nobody else holds. The page cache of files that have a name is not in it. Null if one of its parts is null.
    /// </summary>
    public long? FreedOnExit => FreedAnonymous + FreedPageTables + FreedShmem + FreedDeletedFile;

    /// <summary>The part of FreedOnExit that is anonymous memory. Null if Uss is null.</summary>
    public long? FreedAnonymous => UssAnonymous;

    /// <summary>The part of FreedOnExit that is page tables. Null if PageTables is null.</summary>
    public long? FreedPageTables { get; internal init; }

    /// <summary>
    /// The part of FreedOnExit that is shared memory without a name: memfd, unlinked files on tmpfs, shared anonymous memory, System V segments
    /// that are marked for removal; mapped or not. It assumes that the processes of <see cref="UnexaminedProcessCount"/> hold none of it; null if a
    /// map count shows that one of them does, or if the state of a System V segment in another IPC namespace is unknown.
    /// </summary>
    public long? FreedShmem { get; internal init; }

    /// <summary>The part of FreedOnExit that is page cache of deleted files on disks. For processes that cannot be examined, the same holds as for FreedShmem.</summary>
    public long? FreedDeletedFile { get; internal init; }

    /// <summary>Swapped-out memory whose slots become free. It assumes that the processes of <see cref="UnexaminedProcessCount"/> use none of them. Null if the kernel hides the slots.</summary>
    public long? SwapFreed { get; internal init; }

    /// <summary>The part of UssShmem that stays when the processes end: it has a name, or another process holds it.</summary>
    public long? KeptShmem { get; internal init; }

    /// <summary>The part of UssFile that stays in the page cache, without a process that maps it.</summary>
    public long? UnmappedCache { get; internal init; }

    /// <summary>The part of Uss in hugetlb pages that returns to the pool of huge pages, not to free memory.</summary>
    public long? HugetlbToPool { get; internal init; }

    /// <summary>The number of processes of the machine whose mappings or open files the caller may not examine. They may hold shared memory or deleted files of the group.</summary>
    public int UnexaminedProcessCount { get; internal init; }

    /// <summary>The change of <see cref="Uss"/> since the sample before; null in the first sample of the group, or if a figure is null.</summary>
    public long? UssDelta => Uss - _before?.Uss;

    /// <summary>The change of <see cref="Pss"/> since the sample before; null as <see cref="UssDelta"/>.</summary>
    public long? PssDelta => Pss - _before?.Pss;

    /// <summary>The change of <see cref="Rss"/> since the sample before; null as <see cref="UssDelta"/>.</summary>
    public long? RssDelta => Rss - _before?.Rss;

    /// <summary>The change of <see cref="Shared"/> since the sample before; null as <see cref="UssDelta"/>.</summary>
    public long? SharedDelta => Shared - _before?.Shared;

    /// <summary>The change of <see cref="Swap"/> since the sample before; null as <see cref="UssDelta"/>.</summary>
    public long? SwapDelta => Swap - _before?.Swap;

    /// <summary>The change of <see cref="Hugetlb"/> since the sample before; null as <see cref="UssDelta"/>.</summary>
    public long? HugetlbDelta => Hugetlb - _before?.Hugetlb;

    /// <summary>The change of <see cref="PageTables"/> since the sample before; null as <see cref="UssDelta"/>.</summary>
    public long? PageTablesDelta => PageTables - _before?.PageTables;

    /// <summary>The change of <see cref="FreedOnExit"/> since the sample before; null as <see cref="UssDelta"/>.</summary>
    public long? FreedOnExitDelta => FreedOnExit - _before?.FreedOnExit;

    /// <summary>Creates the same figures with the time of a sample, and the figures of the sample before.</summary>
    internal ProcessGroupUss CreateSample(DateTime timestamp, ProcessGroupUss? before)
    {
        ProcessGroupUss sample = (ProcessGroupUss)MemberwiseClone();
        sample.Timestamp = timestamp;
        sample._before = before;
        return sample;
    }
}
