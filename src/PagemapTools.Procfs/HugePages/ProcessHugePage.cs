using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.HugePages;

/// <summary>
/// The memory of a process in large folios of one kind and size that are mapped in the same way. A folio is what the kernel allocates and
/// reclaims as a whole; a large folio has two base pages or more. Base pages that are folios of their own are in no object.
/// </summary>
public class ProcessHugePage
{
    private readonly HugePageTarget _target;
    private readonly HugePageGroup _group;
    private ProcessHugePage? _before;

    internal ProcessHugePage(HugePageTarget target, HugePageGroup group, long pageCount, long residentPages)
    {
        _target = target;
        _group = group;
        PageCount = pageCount;
        Rss = residentPages << PageGeometry.PageShift;
        Timestamp = DateTime.Now;
    }

    /// <summary>The local time of the sample; all objects of a sample have the same.</summary>
    public DateTime Timestamp { get; private set; }

    /// <summary>The id of the process.</summary>
    public int ProcessId => _target.ProcessId;

    /// <summary>The name of the process.</summary>
    public string ProcessName => _target.ProcessName;

    /// <summary>What the pages hold.</summary>
    public HugePageKind Kind => _group.Kind;

    /// <summary>The size of the folios in bytes, also of those that the process maps in part.</summary>
    public long FolioSize => _group.FolioPages << PageGeometry.PageShift;

    /// <summary>Whether the folios lie at addresses that are multiples of their size. A processor can cover only these with fewer translations.</summary>
    public bool IsAligned => _group.IsAligned;

    /// <summary>Whether the mapping has all pages of each folio, in order. A folio is mapped in part where it was partly unmapped, replaced or cut by the end of the mapping.</summary>
    public bool IsWhole => _group.IsWhole;

    /// <summary>Whether one entry of the page middle directory, or of a level above it, maps each folio. If not, each page has an entry of its own.</summary>
    public bool IsPmdMapped => _group.IsPmdMapped;

    /// <summary>The number of base pages that the process maps of these folios.</summary>
    public long PageCount { get; }

    /// <summary>The bytes that the process maps of these folios.</summary>
    public long Bytes => PageCount << PageGeometry.PageShift;

    /// <summary>The resident memory of the process in bytes, or of the mapping, counted in the same walk: without hugetlb pages and the zero page.</summary>
    public long Rss { get; }

    /// <summary><see cref="Bytes"/> in percent of <see cref="Rss"/>. Null for hugetlb, which Rss does not include.</summary>
    public double? Percent => Kind == HugePageKind.Hugetlb || Rss == 0 ? null : 100.0 * Bytes / Rss;

    /// <summary>The change of <see cref="Bytes"/> since the sample before; null in the first sample, and where the sample before had no such folios.</summary>
    public long? BytesDelta => Bytes - _before?.Bytes;

    /// <summary>Distinguishes the objects of a sample.</summary>
    internal virtual HugePageKey Key => new(ProcessId, _target.StartTime, 0, string.Empty, _group);

    /// <summary>Creates the object of a sample. It refers to the object before without the one before that.</summary>
    internal ProcessHugePage CreateSample(DateTime timestamp, ProcessHugePage? before)
    {
        ProcessHugePage sample = (ProcessHugePage)MemberwiseClone();
        sample.Timestamp = timestamp;
        sample._before = before;
        return sample;
    }
}

/// <summary>The memory of one mapping in large folios of one kind and size that are mapped in the same way.</summary>
public sealed class MappingHugePage : ProcessHugePage
{
    internal MappingHugePage(HugePageTarget target, MemoryMapping mapping, HugePageGroup group, long pageCount, long residentPages)
        : base(target, group, pageCount, residentPages)
    {
        Mapping = mapping;
    }

    /// <summary>The mapping.</summary>
    public MemoryMapping Mapping { get; }

    internal override HugePageKey Key => base.Key with { Address = Mapping.Start, Name = Mapping.Name };
}

/// <summary>The process of a measurement.</summary>
/// <param name="ProcessId">Its id.</param>
/// <param name="ProcessName">Its name.</param>
/// <param name="StartTime">Its start, in clock ticks since the machine started; null if the tree has no stat.</param>
internal sealed record HugePageTarget(int ProcessId, string ProcessName, ulong? StartTime);

/// <summary>What distinguishes an object of a sample from the others.</summary>
internal readonly record struct HugePageKey(int ProcessId, ulong? StartTime, ulong Address, string Name, HugePageGroup Group);
