using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Pages;

/// <summary>A page of a process.</summary>
public class ProcessPageInfo : PageInfo
{
    internal ProcessPageInfo(in PageValues values)
        : base(values)
    {
    }

    /// <summary>The process that the page belongs to.</summary>
    public int ProcessId => Mapping.ProcessId;

    /// <summary>The virtual address of the page's first byte.</summary>
    public ulong Address => Values.Address;

    /// <summary>The mapping that contains the page.</summary>
    public MemoryMapping Mapping => Values.Mapping!;

    /// <summary>The state of the page.</summary>
    public PageState State => Values.State;

    /// <summary>Whether the page was written since soft-dirty was last cleared; null on a kernel without CONFIG_MEM_SOFT_DIRTY.</summary>
    public bool? IsSoftDirty => Values.IsSoftDirty;

    /// <summary>Whether this is the only mapping of the frame.</summary>
    public bool IsExclusive => Values.Entry.IsExclusive;

    /// <summary>Whether userfaultfd write-protects the page.</summary>
    public bool IsUffdWriteProtected => Values.Entry.IsUffdWriteProtected;

    /// <summary>Whether the page belongs to a file or to shared anonymous memory.</summary>
    public bool IsFileOrSharedAnon => Values.Entry.IsFileOrSharedAnon;

    /// <summary>The number of the swap area, or of the kind of entry, of a page that is not present; null otherwise, or if it is hidden (CAP_SYS_ADMIN).</summary>
    public int? SwapType => Values.Entry.SwapType;

    /// <summary>The page's offset in the swap area, in pages; for a marker or a moving page, the value that the kernel stores there. Null otherwise, or if it is hidden.</summary>
    public ulong? SwapOffset => Values.Entry.SwapOffset;

    /// <summary>The file or device of the swap area; null if the page is not swapped out, if it is hidden, or if the area is unknown (<see cref="SwapTypes.GetArea"/>).</summary>
    public string? SwapFile => Values.SwapFile;

    /// <summary>The pagemap entry, as it was read.</summary>
    public ulong RawEntry => Values.Entry.Raw;

    /// <summary>The entry's bits that have no meaning yet, at their positions; 0 if none is set.</summary>
    public ulong UnknownBits => Values.Entry.UnknownBits;
}
