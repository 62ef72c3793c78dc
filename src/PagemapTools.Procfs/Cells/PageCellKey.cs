using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.Cells;

/// <summary>The property by which a map tells pages apart. A page that is not present has its state instead (Swapped, Unpopulated, ...).</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "ConvertTo-Json writes a 64-bit enumeration by name.")]
public enum PageCellKey : long
{
    /// <summary>Private (mapped once), Shared, ZeroPage, or the state of a page that is not present. Needs no capability. For processes only.</summary>
    State,

    /// <summary>What the page frame is used for (<see cref="Frames.PageUse"/>).</summary>
    Kind,

    /// <summary>The first flag of a list that the page frame has (<see cref="PageCellQuery.Flags"/>).</summary>
    Flag,

    /// <summary>How many times the page frame is mapped.</summary>
    MapCount,

    /// <summary>The memory cgroup that the page frame is charged to.</summary>
    Cgroup,

    /// <summary>The NUMA node of the page frame.</summary>
    Node,

    /// <summary>How long ago a cell changed: what <see cref="PageCellAges"/> saw of earlier maps. The words of a map are compared, not the content of pages.</summary>
    Age,
}
