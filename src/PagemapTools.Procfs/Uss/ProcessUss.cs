using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs;

/// <summary>How it is found out which pages belong to one process alone.</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "ConvertTo-Json writes a 64-bit enumeration by name.")]
public enum UssMethod : long
{
    /// <summary>By bit 56 of the pagemap entry (Linux 4.2). Needs no right beyond reading the process.</summary>
    Exclusive,

    /// <summary>By /proc/kpagecount of each frame, the procedure of pagemap.rst. Needs the frame numbers; gives PSS too.</summary>
    MapCount,
}

/// <summary>How much memory a process has, in bytes, as the kernel itself would account it in /proc/PID/smaps_rollup.</summary>
public class ProcessUss
{
    private readonly UssTally _tally;

    internal ProcessUss(int processId, string processName, UssMethod method, UssTally tally)
    {
        ProcessId = processId;
        ProcessName = processName;
        Method = method;
        _tally = tally;
    }

    /// <summary>The process's id.</summary>
    public int ProcessId { get; }

    /// <summary>The process's name.</summary>
    public string ProcessName { get; }

    /// <summary>Memory that no one else maps, and that would be free if the process ended: Private_Clean, Private_Dirty and Private_Hugetlb. Null if hidden, or if nothing tells which hugetlb pages are its own.</summary>
    public long? Uss => _tally.IsUnknown || _tally.IsPrivateUnknown ? null : Bytes(_tally.Private + _tally.PrivateHugetlb);

    /// <summary>Memory divided among those who map it; null unless the method is MapCount, if hidden, or if the kernel does not say by how many a page is shared. Without hugetlb pages, as in smaps.</summary>
    public long? Pss => Method == UssMethod.MapCount && !_tally.IsUnknown && !_tally.IsPssUnknown ? (long)(_tally.PssFixedPoint >> UssTally.PssShift) : null;

    /// <summary>Memory that is present, without the zero page, frames that the kernel does not account, and hugetlb pages. Null if the zero page cannot be told from it: without the frame numbers, before Linux 6.7.</summary>
    public long? Rss => _tally.IsUnknown || _tally.IsRssUnknown ? null : Bytes(_tally.Resident);

    /// <summary>The part of Rss that others map too; null where Rss is.</summary>
    public long? Shared => Rss is { } resident ? resident - Bytes(_tally.Private) : null;

    /// <summary>What is swapped out, private memory and shared. Null if the kernel hides which entries are swap, or shared memory could not be looked into.</summary>
    public long? Swap => _tally.IsSwapUnknown ? null : Bytes(_tally.Swapped);

    /// <summary>Memory in hugetlb pages, private and shared, which Rss does not count.</summary>
    public long Hugetlb => Bytes(_tally.Hugetlb);

    /// <summary>The method that gave the figures.</summary>
    public UssMethod Method { get; }

    private static long Bytes(long pages) => pages << PageGeometry.PageShift;
}

/// <summary>The same figures for one mapping of a process.</summary>
public sealed class MappingUss : ProcessUss
{
    internal MappingUss(MemoryMapping mapping, UssMethod method, UssTally tally)
        : base(mapping.ProcessId, mapping.Process.Name, method, tally)
    {
        Mapping = mapping;
    }

    /// <summary>The mapping.</summary>
    public MemoryMapping Mapping { get; }
}
