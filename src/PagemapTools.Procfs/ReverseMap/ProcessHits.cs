using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>A page whose frame is one of those that are searched for.</summary>
internal readonly record struct Hit(MemoryMapping Mapping, ulong Address, ulong Entry);

/// <summary>The hits in one process, in ascending order of address.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Hits">The hits that pass the filter.</param>
/// <param name="Extent">How far the process was searched.</param>
/// <param name="Failure">Why the search ended early; null if it did not.</param>
internal sealed record ProcessHits(int ProcessId, IReadOnlyList<Hit> Hits, SearchExtent Extent, ProcfsException? Failure = null)
{
    public static ProcessHits Skipped(int processId) => new(processId, [], SearchExtent.Part);
}

/// <summary>How far a process was searched.</summary>
internal enum SearchExtent
{
    /// <summary>A part of it, because no more mappings were wanted.</summary>
    Part,

    /// <summary>All of it.</summary>
    Whole,

    /// <summary>All of it, but there were too many hits to hold. The caller reads them again, and takes them one by one.</summary>
    WholeWithoutHits,
}
