using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Pages;

/// <summary>
/// A run of pages with consecutive addresses, consecutive page frame numbers, or both, that are alike in every property that was
/// read. A property that only pages of a process have is null for page frames of the machine.
/// </summary>
public class PageRange : FrameInfo
{
    /// <summary>Creates a range of page frames with their numbers and no other properties.</summary>
    public PageRange(FrameRange frames)
        : base(new PageValues(frames.First))
    {
        PageCount = (long)Math.Min(frames.Count, long.MaxValue / PageGeometry.PageSize);
    }

    private protected PageRange(in PageValues first, bool ignoresPfn)
        : base(first)
    {
        IgnoresPfn = ignoresPfn;
        PageCount = 1;
    }

    /// <inheritdoc cref="ProcessPageInfo.ProcessId"/>
    public int? ProcessId => Mapping?.ProcessId;

    /// <summary>The mapping that contains the pages.</summary>
    public MemoryMapping? Mapping => Values.Mapping;

    /// <summary>The address of the first page.</summary>
    public ulong? Address => Mapping is null ? null : Values.Address;

    /// <summary>The address after the last page.</summary>
    public ulong? EndAddress => Address + (ulong)Bytes;

    /// <summary>The number of pages.</summary>
    public long PageCount { get; internal set; }

    /// <summary>The size in bytes.</summary>
    public long Bytes => PageCount * (long)PageGeometry.PageSize;

    /// <summary>The page frame number of the first page; the others follow it. Null if there is none, if it is hidden, or if page frames were ignored.</summary>
    public override ulong? Pfn => IgnoresPfn ? null : base.Pfn;

    /// <inheritdoc cref="ProcessPageInfo.State"/>
    public PageState? State => Mapping is null ? null : Values.State;

    /// <inheritdoc cref="ProcessPageInfo.IsExclusive"/>
    public bool? IsExclusive => Mapping is null ? null : Values.Entry.IsExclusive;

    /// <inheritdoc cref="ProcessPageInfo.IsSoftDirty"/>
    public bool? IsSoftDirty => Values.IsSoftDirty;

    /// <inheritdoc cref="ProcessPageInfo.IsUffdWriteProtected"/>
    public bool? IsUffdWriteProtected => Mapping is null ? null : Values.Entry.IsUffdWriteProtected;

    /// <inheritdoc cref="ProcessPageInfo.IsFileOrSharedAnon"/>
    public bool? IsFileOrSharedAnon => Mapping is null ? null : Values.Entry.IsFileOrSharedAnon;

    /// <inheritdoc cref="ProcessPageInfo.SwapType"/>
    public int? SwapType => Values.Entry.SwapType;

    /// <summary>The offset of the first page in the swap area, in pages; the others follow it. Null if they are not swapped out, or if page frames were ignored.</summary>
    public ulong? SwapOffset => IgnoresPfn ? null : Values.Entry.SwapOffset;

    /// <inheritdoc cref="ProcessPageInfo.SwapFile"/>
    public string? SwapFile => Values.SwapFile;

    /// <summary>What the frames are used for (/proc/kpageflags); without the compound flags if page frames were ignored.</summary>
    public override KPageFlags? Flags => IgnoresPfn ? base.Flags & ~KPageFlagsDecoder.Compound : base.Flags;

    /// <summary>Whether the pages were joined without regard to their page frames and swap offsets.</summary>
    internal bool IgnoresPfn { get; }

    /// <summary>Creates the range of a text, such as <c>0x1000-0x1005</c>; see <see cref="FrameRange.Parse"/>. PowerShell converts text with it.</summary>
    /// <exception cref="FormatException">The text is no range. The message quotes it. A number alone is none: it is a process id in the pipeline.</exception>
    public static PageRange Parse(string text) =>
        text.Contains('-') ? new(FrameRange.Parse(text)) : throw new FormatException($"{VisibleText.Quote(text)} is no range of page frames, such as 0x1000-0x1005.");

    internal static PageRange Create(in PageValues first, bool ignorePfn) =>
        first.Mapping is null ? new PageRange(first, ignoresPfn: false) : new ProcessPageRange(first, ignorePfn);
}

/// <summary>A run of pages of a process. It is a separate type because it has a separate view.</summary>
public sealed class ProcessPageRange : PageRange
{
    internal ProcessPageRange(in PageValues first, bool ignoresPfn)
        : base(first, ignoresPfn)
    {
    }
}
