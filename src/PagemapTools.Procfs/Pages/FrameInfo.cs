using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Pages;

/// <summary>
/// The properties of a page frame: of one page, or of each page of a range. A property that was not read, and one that the kernel hides
/// or does not have, is null.
/// </summary>
public abstract class FrameInfo
{
    private PageValues _values;

    private protected FrameInfo(in PageValues values) => _values = values;

    /// <summary>The page frame number: the frame's physical address divided by the page size. Null if there is no frame, or if it is hidden (CAP_SYS_ADMIN).</summary>
    public virtual ulong? Pfn => _values.Pfn;

    /// <summary>What the frame is used for (/proc/kpageflags): the well-known flags, or all of them where raw flags were requested.</summary>
    public virtual KPageFlags? Flags => _values.Flags;

    /// <summary><see cref="Flags"/> as a number.</summary>
    public ulong? FlagsValue => (ulong?)Flags;

    /// <summary>The names of <see cref="Flags"/>, separated by commas; a bit without a name as its number.</summary>
    public string? FlagNames => Flags is { } flags ? KPageFlagsNames.Format(flags) : null;

    /// <summary>How many times the frame is mapped (/proc/kpagecount): mappings, not processes. The zero page counts 0.</summary>
    public ulong? MapCount => _values.MapCount;

    /// <summary>The inode of the directory of the memory cgroup that the frame is charged to (/proc/kpagecgroup); 0 if it is charged to none.</summary>
    public ulong? CgroupInode => _values.CgroupInode;

    /// <summary>The path of that cgroup's directory; null if it was not read, or is not visible here.</summary>
    public string? CgroupPath => _values.CgroupPath;

    /// <summary>The NUMA node of the frame; null if it was not read, if no block of memory has the frame, or if the machine does not show its blocks.</summary>
    public int? Node => _values.Node;

    internal ref PageValues Values => ref _values;
}
