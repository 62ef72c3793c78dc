using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Uss;

/// <summary>
/// The memory of a process in bytes, as the kernel accounts it in /proc/PID/smaps_rollup (fs/proc/task_mmu.c). A figure is null if it is
/// unknown, or if the method does not measure it.
/// </summary>
public class ProcessUss
{
    private UssFigures? _before;
    private long? _pageTablesBefore;

    internal ProcessUss(UssTarget target, UssMethod method, UssFigures figures)
    {
        Target = target;
        Method = method;
        Figures = figures;
        Timestamp = DateTime.Now;
    }

    /// <summary>The local time of the sample; all objects of a sample have the same.</summary>
    public DateTime Timestamp { get; private set; }

    /// <summary>The id of the process.</summary>
    public int ProcessId => Target.ProcessId;

    /// <summary>The name of the process.</summary>
    public string ProcessName => Target.Details.Name;

    /// <summary>The name of the user whose access the process has (the effective user id); the number if the user has no name. Null if the tree does not say.</summary>
    public string? User => Target.User;

    /// <summary>The first 4096 bytes of the command line, with spaces between the arguments. Null if there is none.</summary>
    public string? CommandLine => Target.Details.CommandLine;

    /// <summary>The unique set size: memory that nobody else maps (Private_Clean, Private_Dirty and Private_Hugetlb in smaps). Null if page frame numbers are hidden from the method MapCount, or if the kernel does not show which hugetlb pages are private.</summary>
    public long? Uss => Figures.Uss;

    /// <summary>The proportional set size: each page divided by the number of its mappings, without hugetlb pages, as in smaps. The methods Exclusive and MapCount do not know it if page frame numbers or map counts are hidden, or if the kernel does not show how many mappings share a page frame.</summary>
    public long? Pss => Figures.Pss;

    /// <summary>The resident set size: present pages, without the zero page, page frames that the kernel does not account, and hugetlb pages. Null if the zero page cannot be recognized: without page frame numbers before Linux 6.7.</summary>
    public long? Rss => Figures.Rss;

    /// <summary>The part of Rss that other mappings share. Null if Rss is null.</summary>
    public long? Shared => Figures.Shared;

    /// <summary>Swapped-out memory, private and shared. Null if the kernel hides which entries are swap, or if the caller may not examine swapped-out shared memory.</summary>
    public long? Swap => Figures.Swap;

    /// <summary>The proportional part of Swap: each swapped-out page divided by the number of processes that share it. Shared memory in swap is not part of it before Linux 6.12. The method Rollup measures it (Linux 4.3).</summary>
    public long? SwapPss => Figures.SwapPss;

    /// <summary>Memory in hugetlb pages, private and shared. Rss does not include it.</summary>
    public long Hugetlb => Figures.Hugetlb;

    /// <summary>The part of Uss that equals what is on disk, without hugetlb pages. The method Rollup measures it.</summary>
    public long? PrivateClean => Figures.PrivateClean;

    /// <summary>The part of Uss that was written, without hugetlb pages. The method Rollup measures it.</summary>
    public long? PrivateDirty => Figures.PrivateDirty;

    /// <summary>The part of Pss in anonymous memory. The method Rollup measures it for processes (Linux 5.4).</summary>
    public long? PssAnon => Figures.PssAnon;

    /// <summary>The part of Pss in files. The method Rollup measures it for processes (Linux 5.4).</summary>
    public long? PssFile => Figures.PssFile;

    /// <summary>The part of Pss in shared memory. The method Rollup measures it for processes (Linux 5.4).</summary>
    public long? PssShmem => Figures.PssShmem;

    /// <summary>The part of Rss in anonymous memory. The method Rollup measures it.</summary>
    public long? Anonymous => Figures.Anonymous;

    /// <summary>Anonymous memory in transparent huge pages that a PMD maps. The method Rollup measures it.</summary>
    public long? AnonHugePages => Figures.AnonHugePages;

    /// <summary>Memory that the process released with MADV_FREE and that the kernel has not reclaimed. The method Rollup measures it (Linux 4.12).</summary>
    public long? LazyFree => Figures.LazyFree;

    /// <summary>The page tables of the process (VmPTE in /proc/PID/status). Null for selected mappings.</summary>
    public long? PageTables => Target.PageTables;

    /// <summary>The change of <see cref="Uss"/> since the sample before; null in the first sample of the process, or if a figure is null.</summary>
    public long? UssDelta => Figures.Uss - _before?.Uss;

    /// <summary>The change of <see cref="Pss"/> since the sample before; null as <see cref="UssDelta"/>.</summary>
    public long? PssDelta => Figures.Pss - _before?.Pss;

    /// <summary>The change of <see cref="Rss"/> since the sample before; null as <see cref="UssDelta"/>.</summary>
    public long? RssDelta => Figures.Rss - _before?.Rss;

    /// <summary>The change of <see cref="Shared"/> since the sample before; null as <see cref="UssDelta"/>.</summary>
    public long? SharedDelta => Figures.Shared - _before?.Shared;

    /// <summary>The change of <see cref="Swap"/> since the sample before; null as <see cref="UssDelta"/>.</summary>
    public long? SwapDelta => Figures.Swap - _before?.Swap;

    /// <summary>The change of <see cref="Hugetlb"/> since the sample before; null as <see cref="UssDelta"/>.</summary>
    public long? HugetlbDelta => Figures.Hugetlb - _before?.Hugetlb;

    /// <summary>The change of <see cref="PageTables"/> since the sample before; null as <see cref="UssDelta"/>.</summary>
    public long? PageTablesDelta => PageTables - _pageTablesBefore;

    /// <summary>The method of the measurement; never Auto.</summary>
    public UssMethod Method { get; }

    internal UssTarget Target { get; }

    internal UssFigures Figures { get; }

    /// <summary>Creates the object of a sample. It refers to the figures of the object before, and not to that object.</summary>
    internal ProcessUss CreateSample(DateTime timestamp, ProcessUss? before)
    {
        ProcessUss sample = (ProcessUss)MemberwiseClone();
        sample.Timestamp = timestamp;
        sample._before = before?.Figures;
        sample._pageTablesBefore = before?.PageTables;
        return sample;
    }
}

/// <summary>The memory of one mapping of a process, in bytes.</summary>
public sealed class MappingUss : ProcessUss
{
    internal MappingUss(UssTarget target, MemoryMapping mapping, UssMethod method, UssFigures figures)
        : base(target, method, figures)
    {
        Mapping = mapping;
    }

    /// <summary>The mapping.</summary>
    public MemoryMapping Mapping { get; }

    /// <summary>The size of the mapping in virtual memory, in bytes.</summary>
    public long Size => (long)Mapping.Size;
}

/// <summary>The process of a measurement.</summary>
/// <param name="ProcessId">Its id.</param>
/// <param name="StartTime">Its start, in clock ticks since the machine started; null if the tree has no stat. A process with the same id and another start is another process.</param>
/// <param name="Details">What its small files say.</param>
/// <param name="User">The name of its user.</param>
/// <param name="PageTables">Its page tables in bytes; null if only some of its mappings are measured.</param>
internal sealed record UssTarget(int ProcessId, ulong? StartTime, ProcessDetails Details, string? User, long? PageTables);
