using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Pages;

/// <summary>A page of a process. Everything is computed from the pagemap entry, the address and the mapping.</summary>
public sealed class ProcessPageInfo : PageInfo
{
    private readonly PageState _resolved;
    private readonly bool _isAreaOrderPlausible;

    internal ProcessPageInfo(MemoryMapping mapping, ulong address, PagemapEntry entry, PageState resolved = PageState.Unpopulated, bool isAreaOrderPlausible = true)
        : base(entry.Pfn ?? Unknown)
    {
        Mapping = mapping;
        Address = address;
        Entry = entry;
        _resolved = resolved;
        _isAreaOrderPlausible = isAreaOrderPlausible;
    }

    /// <summary>The process that the page belongs to.</summary>
    public int ProcessId => Mapping.ProcessId;

    /// <summary>The virtual address of the page's first byte.</summary>
    public ulong Address { get; }

    /// <summary>The mapping that the page lies in.</summary>
    public MemoryMapping Mapping { get; }

    /// <summary>What the page is.</summary>
    public PageState State => Entry.GetState(Mapping.Process.SwapTypes) is var state && state == PageState.Unpopulated ? _resolved : state;

    /// <summary>Whether the page was written since soft-dirty was last cleared; null on a kernel without CONFIG_MEM_SOFT_DIRTY.</summary>
    public bool? IsSoftDirty => Entry.IsSoftDirty ? true : Mapping.Process.SoftDirty?.IsSupported == true ? false : null;

    /// <summary>Whether this is the only mapping of the frame.</summary>
    public bool IsExclusive => Entry.IsExclusive;

    /// <summary>Whether userfaultfd write-protects the page.</summary>
    public bool IsUffdWriteProtected => Entry.IsUffdWriteProtected;

    /// <summary>Whether the page belongs to a file or to shared anonymous memory.</summary>
    public bool IsFileOrSharedAnon => Entry.IsFileOrSharedAnon;

    /// <summary>The number of the swap area, or of the kind of entry, of a page that is not present; null otherwise, or if it is hidden (CAP_SYS_ADMIN).</summary>
    public int? SwapType => Entry.SwapType;

    /// <summary>Where in the swap area the page is, in pages; for a marker or a moving page, what the kernel keeps there. Null otherwise, or if it is hidden.</summary>
    public ulong? SwapOffset => Entry.SwapOffset;

    /// <summary>The file or device of the swap area; null if the page is not swapped out, if it is hidden, or if it is unknown which (<see cref="SwapTypes.GetArea"/>).</summary>
    public string? SwapFile => _isAreaOrderPlausible && State == PageState.Swapped && SwapType is int type ? Mapping.Process.SwapTypes.GetArea(type) : null;

    /// <summary>The kernel's word, as it was read.</summary>
    public ulong RawEntry => Entry.Raw;

    /// <summary>Bits of the entry that have no meaning yet, where they stand; 0 if none is set.</summary>
    public ulong UnknownBits => Entry.UnknownBits;

    internal override PagemapEntry Entry { get; }

    /// <summary>The state of an unpopulated page of shared memory, if it was resolved.</summary>
    internal PageState Resolved => _resolved;
}
