using System.Diagnostics.CodeAnalysis;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Uss;

/// <summary>How a measurement finds the pages that belong to one process alone.</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "ConvertTo-Json writes a 64-bit enumeration by name.")]
public enum UssMethod : long
{
    /// <summary>By bit 56 of the pagemap entry (Linux 4.2). The method needs no capability beyond reading the process.</summary>
    Exclusive,

    /// <summary>By the count of each page frame in /proc/kpagecount, the procedure of pagemap.rst. The method needs page frame numbers, and measures PSS, too.</summary>
    MapCount,
}

/// <summary>The memory of a process in bytes, as the kernel accounts it in /proc/PID/smaps_rollup (fs/proc/task_mmu.c).</summary>
public class ProcessUss
{
    private readonly UssAccumulator _pages;

    internal ProcessUss(int processId, string processName, UssMethod method, UssAccumulator pages)
    {
        ProcessId = processId;
        ProcessName = processName;
        Method = method;
        _pages = pages;
    }

    /// <summary>The id of the process.</summary>
    public int ProcessId { get; }

    /// <summary>The name of the process.</summary>
    public string ProcessName { get; }

    /// <summary>The unique set size: memory that no other process maps, and that is freed when the process exits (Private_Clean, Private_Dirty and Private_Hugetlb in smaps). Null if page frame numbers are hidden from the method MapCount, or if the kernel does not show which hugetlb pages are private.</summary>
    public long? Uss => IsUnknown(UnknownParts.Uss) ? null : ToBytes(_pages.Private + _pages.PrivateHugetlb);

    /// <summary>The proportional set size: each page divided by the number of its mappings, without hugetlb pages, as in smaps. Null if the method is not MapCount, if page frame numbers are hidden, or if the kernel does not show how many mappings share a page frame.</summary>
    public long? Pss => Method != UssMethod.MapCount || IsUnknown(UnknownParts.Pss) ? null : (long)(_pages.PssFixedPoint >> UssAccumulator.PssShift);

    /// <summary>The resident set size: present pages, without the zero page, page frames that the kernel does not account, and hugetlb pages. Null if the zero page cannot be recognized: without page frame numbers before Linux 6.7.</summary>
    public long? Rss => IsUnknown(UnknownParts.Rss) ? null : ToBytes(_pages.Resident);

    /// <summary>The part of Rss that other processes map, too. Null if Rss is null.</summary>
    public long? Shared => Rss is { } resident ? resident - ToBytes(_pages.Private) : null;

    /// <summary>Swapped-out memory, private and shared. Null if the kernel hides which entries are swap, or if the caller may not examine swapped-out shared memory.</summary>
    public long? Swap => IsUnknown(UnknownParts.Swap) ? null : ToBytes(_pages.Swapped);

    /// <summary>Memory in hugetlb pages, private and shared. Rss does not include it.</summary>
    public long Hugetlb => ToBytes(_pages.Hugetlb);

    /// <summary>The method of the measurement.</summary>
    public UssMethod Method { get; }

    private static long ToBytes(long pages) => pages << PageGeometry.PageShift;

    private bool IsUnknown(UnknownParts part) => (_pages.Unknown & part) != 0;
}

/// <summary>The memory of one mapping of a process, in bytes.</summary>
public sealed class MappingUss : ProcessUss
{
    internal MappingUss(MemoryMapping mapping, UssMethod method, UssAccumulator pages)
        : base(mapping.ProcessId, mapping.Process.Name, method, pages)
    {
        Mapping = mapping;
    }

    /// <summary>The mapping.</summary>
    public MemoryMapping Mapping { get; }
}
