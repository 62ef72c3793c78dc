using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Pages;

/// <summary>The limits of a reading. Each is reported once through <see cref="FrameQuery.OnWarning"/>.</summary>
[Flags]
public enum ReadWarnings
{
    /// <summary>Nothing is missing.</summary>
    None = 0,

    /// <summary>The kernel hides page frame numbers and swap offsets: CAP_SYS_ADMIN in the initial user namespace is missing.</summary>
    HiddenPageFrames = 1,

    /// <summary>Shared memory could not be resolved: the caller may not open or examine the files behind the mappings.</summary>
    UnresolvedSharedMemory = 2,

    /// <summary>Page frames belong to memory that the kernel does not track in /proc/kpage*.</summary>
    UntrackedPageFrames = 4,

    /// <summary>Ranges that were joined without regard to page frames do not have the frame numbers of their pages.</summary>
    IgnoredPageFrames = 8,

    /// <summary>The cgroup hierarchy is too large or too deep to read it whole, so paths of cgroups are null.</summary>
    UnknownCgroupPaths = 16,
}

/// <summary>Selects page frames, and the properties to read of each.</summary>
public record FrameQuery
{
    /// <summary>Conditions on the frame.</summary>
    public FrameFilter Frames { get; init; } = new();

    /// <summary>The properties to read of each frame.</summary>
    public FrameProperties Include { get; init; }

    /// <summary>Whether flags are shown raw, and bit specifications compared with the raw flags.</summary>
    public bool RawFlags { get; init; }

    /// <summary>Called by the thread that enumerates, before the first page that the limit may affect; null for no warnings.</summary>
    public Action<ReadWarnings>? OnWarning { get; init; }

    internal FrameProperties RequiredProperties => Include | Frames.RequiredProperties;
}

/// <summary>Selects pages of a process, and the properties to read of each.</summary>
public sealed record ProcessPageQuery : FrameQuery
{
    /// <summary>The mappings and addresses to walk.</summary>
    public PageWalkOptions Walk { get; init; } = new();

    /// <summary>Conditions on the pagemap entry.</summary>
    public EntryFilter Entries { get; init; } = new();

    /// <summary>Whether unpopulated pages of shared memory are looked up in the page cache and in swap.</summary>
    public bool ResolveShared { get; init; }
}

/// <summary>Reports each limit of a reading once.</summary>
internal sealed class WarningReporter(Action<ReadWarnings>? onWarning)
{
    private ReadWarnings _reported;

    public void Report(ReadWarnings warnings)
    {
        ReadWarnings fresh = warnings & ~_reported;
        if (fresh != ReadWarnings.None)
        {
            _reported |= fresh;
            onWarning?.Invoke(fresh);
        }
    }
}
