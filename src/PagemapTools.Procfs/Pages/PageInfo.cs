using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Pages;

/// <summary>
/// A page frame. What was not asked for, and what the kernel hides or does not have, is null.
/// </summary>
public class PageInfo
{
    private protected const ulong Unknown = PfnBatchReader.NoValue;

    private ulong _flags = Unknown;
    private ulong _mapCount = Unknown;
    private ulong _cgroupInode = Unknown;

    /// <summary>Creates a page frame of which nothing is known but its number.</summary>
    public PageInfo(ulong pfn)
    {
        RawPfn = pfn;
    }

    /// <summary>The page frame number: the frame's physical address divided by the page size. Null if there is no frame, or if it is hidden (CAP_SYS_ADMIN).</summary>
    public ulong? Pfn => Known(RawPfn);

    /// <summary>What the frame is used for (/proc/kpageflags): the well-known flags, or all of them where they were asked for raw.</summary>
    public KPageFlags? Flags => _flags == Unknown ? null : KPageFlagsDecoder.Decode(_flags, Entry, UseRawFlags);

    /// <summary><see cref="Flags"/> as a number.</summary>
    public ulong? FlagsValue => (ulong?)Flags;

    /// <summary>The names of <see cref="Flags"/>, separated by commas; a bit without a name as its number.</summary>
    public string? FlagNames => Flags is { } flags ? KPageFlagsNames.Format(flags) : null;

    /// <summary>The kernel's whole word of flags, as it was read.</summary>
    public ulong? RawFlags => Known(_flags);

    /// <summary>How many times the frame is mapped (/proc/kpagecount): mappings, not processes. The zero page counts 0.</summary>
    public ulong? MapCount => Known(_mapCount);

    /// <summary>The inode of the directory of the memory cgroup that the frame is charged to (/proc/kpagecgroup); 0 if it is charged to none.</summary>
    public ulong? CgroupInode => Known(_cgroupInode);

    /// <summary>The path of that cgroup's directory; null if it was not asked for, or is not visible here.</summary>
    public string? CgroupPath { get; internal set; }

    internal ulong RawPfn { get; }

    /// <summary>The pagemap entry of a page of a process; all zero for a frame of the machine.</summary>
    internal virtual PagemapEntry Entry => default;

    /// <summary>Whether the page has a frame whose number the kernel hides.</summary>
    internal bool IsPfnHidden => Entry.IsPresent && Pfn is null;

    internal bool UseRawFlags { get; set; }

    /// <summary>Whether what is known of two pages beside their numbers is alike, flags as they are shown.</summary>
    /// <param name="other">The other page.</param>
    /// <param name="ignored">Flags that may differ.</param>
    internal bool IsLike(PageInfo other, KPageFlags ignored) =>
        _mapCount == other._mapCount && _cgroupInode == other._cgroupInode
        && (_flags == other._flags && UseRawFlags == other.UseRawFlags
            || (_flags != Unknown && other._flags != Unknown && ((Flags ^ other.Flags) & ~ignored) == KPageFlags.None));

    internal void Set(FrameProperties field, ulong word)
    {
        switch (field)
        {
            case FrameProperties.Flags:
                _flags = word;
                break;
            case FrameProperties.MapCount:
                _mapCount = word;
                break;
            default:
                _cgroupInode = word;
                break;
        }
    }

    private static ulong? Known(ulong word) => word == Unknown ? null : word;
}
