using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.Uss;

/// <summary>How a measurement finds the pages that belong to one process alone.</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "ConvertTo-Json writes a 64-bit enumeration by name.")]
public enum UssMethod : long
{
    /// <summary>By bit 56 of the pagemap entry (Linux 4.2). The method needs no capability beyond reading the process. It measures PSS, too, where page frame numbers and /proc/kpagecount are visible.</summary>
    Exclusive = 0,

    /// <summary>By the count of each page frame in /proc/kpagecount, the procedure of pagemap.rst. The method needs page frame numbers, and measures PSS, too.</summary>
    MapCount = 1,

    /// <summary>Rollup; but Exclusive for a process with more than 1 GiB resident (<see cref="UssMeter.MaxRollupBytes"/>) whose page frame numbers and map counts are visible. Each result has the method that was used.</summary>
    Auto = 2,

    /// <summary>By the kernel's own summary: /proc/PID/smaps_rollup, or /proc/PID/smaps for single mappings. The method needs no capability beyond reading the process.</summary>
    Rollup = 3,
}
