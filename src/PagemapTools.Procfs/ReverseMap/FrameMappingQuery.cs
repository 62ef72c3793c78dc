using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>Options of a search for the mappings of page frames.</summary>
public sealed record FrameMappingQuery
{
    /// <summary>The properties to read of each page frame.</summary>
    public FrameProperties Include { get; init; }

    /// <summary>Whether flags are shown raw.</summary>
    public bool RawFlags { get; init; }

    /// <summary>Conditions on the pagemap entry. Mappings that do not pass are counted but not returned.</summary>
    public EntryFilter Entries { get; init; } = new();

    /// <summary>Whether the mappings of the zero page are returned. If not, the zero page is returned as a page frame with its use.</summary>
    public bool IncludeZeroPage { get; init; }

    /// <summary>How long a process may hold up its reading.</summary>
    public TimeSpan Timeout { get; init; } = TargetRunOptions.DefaultTimeout;

    /// <summary>Called by the thread that enumerates, after the last page; null for no call.</summary>
    public Action<FrameMappingSummary>? OnCompleted { get; init; }
}

/// <summary>What a search for the mappings of page frames found, and what it could not read.</summary>
public sealed record FrameMappingSummary
{
    /// <summary>The number of page frames that were searched for; each counts once.</summary>
    public required long FrameCount { get; init; }

    /// <summary>The number of mappings that were found, by the address space: processes that share one count once.</summary>
    public required long MappingCount { get; init; }

    /// <summary>The number of page frames whose map count was larger, before the search, than the number of mappings found.</summary>
    public required long IncompleteFrameCount { get; init; }

    /// <summary>The number of mappings of these page frames that were not found.</summary>
    public required long MissingMappingCount { get; init; }

    /// <summary>The number of processes that were searched, or did not have to be.</summary>
    public int ProcessCount { get; init; }

    /// <summary>The processes that could not be read, except those that have exited or have no address space.</summary>
    public required IReadOnlyList<ProcfsException> Failures { get; init; }
}
