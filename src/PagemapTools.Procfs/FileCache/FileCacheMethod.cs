using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.FileCache;

/// <summary>Where the figures of a file come from.</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "ConvertTo-Json writes a 64-bit enumeration by name.")]
public enum FileCacheMethod : long
{
    /// <summary>cachestat (Linux 6.5): all figures.</summary>
    Cachestat,

    /// <summary>mincore: only how much is in memory. Used before Linux 6.5, and for files on an overlay or on FUSE.</summary>
    Mincore,

    /// <summary>The blocks of a file on hugetlbfs, whose pages are always in memory.</summary>
    Blocks,
}
