using System.Diagnostics.CodeAnalysis;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Uss;

/// <summary>How a measurement tells which pages belong to one process alone.</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "ConvertTo-Json writes a 64-bit enumeration by name.")]
public enum UssMethod : long
{
    /// <summary>By bit 56 of the pagemap entry (Linux 4.2). It needs no capability beyond reading the process.</summary>
    Exclusive,

    /// <summary>By /proc/kpagecount of each page frame, the procedure of pagemap.rst. It needs the frame numbers, and gives PSS too.</summary>
    MapCount,
}

/// <summary>How much memory a process has, in bytes, as the kernel accounts it in /proc/PID/smaps_rollup.</summary>
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

    /// <summary>The process's id.</summary>
    public int ProcessId { get; }

    /// <summary>The process's name.</summary>
    public string ProcessName { get; }

    /// <summary>Memory that no other process maps and that would be free if the process ended: Private_Clean, Private_Dirty and Private_Hugetlb. Null if frame numbers are hidden from the method MapCount, or if the kernel does not tell which hugetlb pages are private.</summary>
    public long? Uss => IsUnknown(UnknownParts.Uss) ? null : ToBytes(_pages.Private + _pages.PrivateHugetlb);

    /// <summary>Memory divided by the number of its mappings, without hugetlb pages, as in smaps. Null unless the method is MapCount, if frame numbers are hidden, or if the kernel does not tell how many mappings share a page.</summary>
    public long? Pss => Method != UssMethod.MapCount || IsUnknown(UnknownParts.Pss) ? null : (long)(_pages.PssFixedPoint >> UssAccumulator.PssShift);

    /// <summary>Memory that is present, without the zero page, page frames that the kernel does not account, and hugetlb pages. Null if nothing tells the zero page from memory: without frame numbers, before Linux 6.7.</summary>
    public long? Rss => IsUnknown(UnknownParts.Rss) ? null : ToBytes(_pages.Resident);

    /// <summary>The part of Rss that other processes map too; null where Rss is.</summary>
    public long? Shared => Rss is { } resident ? resident - ToBytes(_pages.Private) : null;

    /// <summary>What is swapped out, private memory and shared. Null if the kernel hides which entries are swap, or if the caller may not examine swapped-out shared memory.</summary>
    public long? Swap => IsUnknown(UnknownParts.Swap) ? null : ToBytes(_pages.Swapped);

    /// <summary>Memory in hugetlb pages, private and shared, which Rss does not count.</summary>
    public long Hugetlb => ToBytes(_pages.Hugetlb);

    /// <summary>The method of the measurement.</summary>
    public UssMethod Method { get; }

    private static long ToBytes(long pages) => pages << PageGeometry.PageShift;

    private bool IsUnknown(UnknownParts part) => (_pages.Unknown & part) != 0;
}

/// <summary>How much memory one mapping of a process has.</summary>
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
