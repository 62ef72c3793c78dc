namespace PagemapTools.Procfs.Sharing;

/// <summary>The kinds of shared page frames. The numbers index the counts of a pair.</summary>
internal enum SharedFrameKind
{
    Anonymous,
    File,
    Shmem,
    Hugetlb,
}
