using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Pages;

/// <summary>
/// A run of pages that follow one another in address, or in frame number, or in both, and are alike in all that was asked for: what
/// is known of the first page holds for all of them.
/// </summary>
public class PageRange
{
    private const KPageFlags Compound = KPageFlags.COMPOUND_HEAD | KPageFlags.COMPOUND_TAIL;

    private protected PageRange(PageInfo first, bool ignoresPfn)
    {
        First = first;
        IgnoresPfn = ignoresPfn;
        PageCount = 1;
    }

    /// <summary>The process; null for frames of the machine.</summary>
    public int? ProcessId => Page?.ProcessId;

    /// <summary>The mapping; null for frames of the machine.</summary>
    public MemoryMapping? Mapping => Page?.Mapping;

    /// <summary>The address of the first page; null for frames of the machine.</summary>
    public ulong? Address => Page?.Address;

    /// <summary>The address after the last page; null for frames of the machine.</summary>
    public ulong? EndAddress => Page is { } page ? page.Address + (ulong)Bytes : null;

    /// <summary>The number of pages.</summary>
    public long PageCount { get; internal set; }

    /// <summary>The size in bytes.</summary>
    public long Bytes => PageCount * (long)PageGeometry.PageSize;

    /// <summary>The frame of the first page, the others following; null if there is none, if it is hidden, or if page frames were ignored.</summary>
    public ulong? Pfn => IgnoresPfn ? null : First.Pfn;

    /// <summary>The state of all pages; null for frames of the machine.</summary>
    public PageState? State => Page?.State;

    /// <summary>Whether each page is mapped here only; null for frames of the machine.</summary>
    public bool? IsExclusive => Page?.IsExclusive;

    /// <summary>Whether each page was written since soft-dirty was last cleared; null for frames of the machine.</summary>
    public bool? IsSoftDirty => Page?.IsSoftDirty;

    /// <summary>Whether userfaultfd write-protects each page; null for frames of the machine.</summary>
    public bool? IsUffdWriteProtected => Page?.IsUffdWriteProtected;

    /// <summary>Whether the pages belong to a file or to shared anonymous memory; null for frames of the machine.</summary>
    public bool? IsFileOrSharedAnon => Page?.IsFileOrSharedAnon;

    /// <summary>The number of the swap area; null if the pages are not swapped out, or if it is hidden.</summary>
    public int? SwapType => Page?.SwapType;

    /// <summary>Where in the swap area the first page is, the others following; null if they are not swapped out, or if page frames were ignored.</summary>
    public ulong? SwapOffset => IgnoresPfn ? null : Page?.SwapOffset;

    /// <summary>The file or device of the swap area; null if the pages are not swapped out.</summary>
    public string? SwapFile => Page?.SwapFile;

    /// <summary>What the frames are used for; without compound marks if page frames were ignored; null if it was not asked for.</summary>
    public KPageFlags? Flags => IgnoresPfn ? First.Flags & ~Compound : First.Flags;

    /// <summary>The flags as a number.</summary>
    public ulong? FlagsValue => (ulong?)Flags;

    /// <summary>The names of <see cref="Flags"/>.</summary>
    public string? FlagNames => Flags is { } flags ? KPageFlagsNames.Format(flags) : null;

    /// <summary>How many times each frame is mapped; null if it was not asked for.</summary>
    public ulong? MapCount => First.MapCount;

    /// <summary>The inode of the cgroup that the frames are charged to; null if it was not asked for.</summary>
    public ulong? CgroupInode => First.CgroupInode;

    /// <summary>The path of that cgroup; null if it was not asked for.</summary>
    public string? CgroupPath => First.CgroupPath;

    internal PageInfo First { get; }

    /// <summary>Whether the pages were joined whatever page frames and swap offsets they have.</summary>
    internal bool IgnoresPfn { get; }

    private ProcessPageInfo? Page => First as ProcessPageInfo;

    internal static PageRange Create(PageInfo first, bool ignoresPfn) =>
        first is ProcessPageInfo page ? new ProcessPageRange(page, ignoresPfn) : new PageRange(first, ignoresPfn);
}

/// <summary>A run of pages of a process: its own type, so that it has its own view.</summary>
public sealed class ProcessPageRange : PageRange
{
    internal ProcessPageRange(ProcessPageInfo first, bool ignoresPfn)
        : base(first, ignoresPfn)
    {
    }
}
