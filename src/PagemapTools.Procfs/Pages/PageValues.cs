using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Pages;

/// <summary>What was read of one page. A page object and a range decode their properties from these values on demand.</summary>
internal struct PageValues
{
    private const ulong Unknown = PfnBatchReader.NoValue;
    private const short UnknownNode = -1;

    private ulong _mapCount = Unknown;
    private ulong _cgroupInode = Unknown;
    private short _node = UnknownNode;

    /// <summary>Creates the values of a page frame of the machine.</summary>
    public PageValues(ulong pfn) => RawPfn = pfn;

    /// <summary>Creates the values of a page of a file.</summary>
    public PageValues(ulong pfn, ulong offset)
        : this(pfn) => Address = offset;

    /// <summary>Creates the values of a page of a process.</summary>
    public PageValues(MemoryMapping mapping, ulong address, PagemapEntry entry)
        : this(entry.Pfn ?? Unknown)
    {
        Mapping = mapping;
        Address = address;
        Entry = entry;
    }

    /// <summary>The mapping that contains the page; null for a page frame of the machine.</summary>
    public MemoryMapping? Mapping { get; }

    /// <summary>The address of a page of a process; the offset of a page of a file.</summary>
    public ulong Address { get; }

    /// <summary>The pagemap entry; all zero for a page frame of the machine.</summary>
    public PagemapEntry Entry { get; }

    /// <summary>The state of an unpopulated page of shared memory, if it was resolved.</summary>
    public PageState ResolvedState { get; init; }

    /// <inheritdoc cref="PageBatch.IsAreaOrderPlausible"/>
    public bool IsAreaOrderPlausible { get; init; } = true;

    public ulong RawPfn { get; }

    public ulong RawFlags { get; set; } = Unknown;

    public bool UseRawFlags { get; set; }

    public string? CgroupPath { get; set; }

    public readonly ulong? Pfn => ToNullable(RawPfn);

    public readonly ulong? MapCount => ToNullable(_mapCount);

    public readonly ulong? CgroupInode => ToNullable(_cgroupInode);

    public int? Node
    {
        readonly get => _node == UnknownNode ? null : _node;
        set => _node = (short?)value ?? UnknownNode;
    }

    public readonly KPageFlags? Flags => RawFlags == Unknown ? null : KPageFlagsDecoder.Decode(RawFlags, Entry, UseRawFlags);

    public readonly PageState State =>
        Mapping is not null && Entry.GetState(Mapping.Process.SwapTypes) is var state && state != PageState.Unpopulated ? state : ResolvedState;

    public readonly bool? IsSoftDirty => Entry.IsSoftDirty ? true : Mapping?.Process.SoftDirty?.IsSupported == true ? false : null;

    public readonly string? SwapFile =>
        IsAreaOrderPlausible && State == PageState.Swapped && Entry.SwapType is int type ? Mapping!.Process.SwapTypes.GetArea(type) : null;

    /// <summary>Whether the page has a frame whose number the kernel hides.</summary>
    public readonly bool IsPfnHidden => Entry.IsPresent && RawPfn == Unknown;

    /// <summary>Whether the frames of two pages have the same properties; flags are compared as they are shown.</summary>
    /// <param name="other">The other page.</param>
    /// <param name="ignored">Flags that may differ.</param>
    public readonly bool HasSameFrameProperties(in PageValues other, KPageFlags ignored) =>
        _mapCount == other._mapCount && _cgroupInode == other._cgroupInode && _node == other._node
        && ((RawFlags == other.RawFlags && UseRawFlags == other.UseRawFlags)
            || (RawFlags != Unknown && other.RawFlags != Unknown && ((Flags ^ other.Flags) & ~ignored) == KPageFlags.None));

    public void Set(FrameProperties field, ulong word)
    {
        switch (field)
        {
            case FrameProperties.Flags:
                RawFlags = word;
                break;
            case FrameProperties.MapCount:
                _mapCount = word;
                break;
            default:
                _cgroupInode = word;
                break;
        }
    }

    public static ulong? ToNullable(ulong word) => word == Unknown ? null : word;
}
