using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.HugePages;

/// <summary>What the pages of a large folio hold.</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "ConvertTo-Json writes a 64-bit enumeration by name.")]
public enum HugePageKind : long
{
    /// <summary>Anonymous memory, also copies of pages of a private file mapping.</summary>
    Anonymous,

    /// <summary>The page cache of a file.</summary>
    File,

    /// <summary>Shared memory: memfd, POSIX and System V shared memory, shared anonymous memory, files on a tmpfs.</summary>
    Shmem,

    /// <summary>Pages of hugetlb, which Rss does not include.</summary>
    Hugetlb,
}
