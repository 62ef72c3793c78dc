namespace PagemapTools.Procfs.Reports;

/// <summary>What a report embeds as JSON. Sizes are in bytes; null is unknown.</summary>
/// <param name="Host">The name of the machine.</param>
/// <param name="Kernel">The release of its kernel.</param>
/// <param name="Time">When the measurement began, with the offset from UTC.</param>
/// <param name="SnapshotSeconds">For how many seconds the snapshot was read that the report is made from; null if it is made from the machine.</param>
/// <param name="PageSize">The size of a page frame.</param>
/// <param name="IncludesFrames">Whether the map has page frame numbers.</param>
/// <param name="IsSelection">Whether the processes were selected; if not, they are all that the caller may read.</param>
/// <param name="Notes">What the report leaves out, and why.</param>
/// <param name="Names">The names of mappings, each once.</param>
/// <param name="Processes">The processes, in ascending order of their ids.</param>
/// <param name="Memory">The memory of the machine; null if the caller may not read its page frames.</param>
/// <param name="Sharing">The pairs of processes that share memory; null if the caller may not see page frames.</param>
/// <param name="Spaces">The address spaces of the largest processes; null if they are unknown.</param>
internal sealed record ReportData(
    string Host, string? Kernel, string Time, double? SnapshotSeconds, long PageSize, bool IncludesFrames, bool IsSelection, IReadOnlyList<string> Notes,
    IReadOnlyList<string> Names, IReadOnlyList<ReportedProcess> Processes, ReportedMemory? Memory, ReportedSharing? Sharing, IReadOnlyList<ReportedSpace>? Spaces);

/// <summary>
/// A process, with the figures of <see cref="Uss.ProcessUss"/>. A mapping is the index of its name, its kind, Uss, Shared and Swap; mappings
/// with the same name and kind are one, and the largest is the first.
/// </summary>
internal sealed record ReportedProcess(
    int Id, string Name, string? User, long? Uss, long? Pss, long? Rss, long? Shared, long? Swap, long? Hugetlb, long? HugePages, IReadOnlyList<object?[]> Mappings);

/// <summary>The address space of a process in bins of equal size, without the gaps between mappings.</summary>
/// <param name="Process">The index of the process in the report.</param>
/// <param name="BinPages">The number of pages of a bin; the last one may have less.</param>
/// <param name="Bins">For each bin the number of pages: its own in large folios, its own otherwise, shared since a fork, otherwise shared, in swap, not populated.</param>
/// <param name="Broken">The number of its own single pages in mappings that also have large folios; null if the sizes of folios are unknown.</param>
internal sealed record ReportedSpace(int Process, long BinPages, IReadOnlyList<long[]> Bins, long? Broken);

/// <summary>The pairs of the processes that share most.</summary>
/// <param name="Processes">The indices of these processes in the report.</param>
/// <param name="Pairs">For each pair that shares memory: two indices in <paramref name="Processes"/>, Anonymous, File, Shmem, Hugetlb.</param>
internal sealed record ReportedSharing(IReadOnlyList<int> Processes, IReadOnlyList<long[]> Pairs);

/// <summary>The memory of the machine.</summary>
/// <param name="Kinds">The uses of page frames, in the order of <see cref="Frames.PageUse"/>, with their bytes.</param>
/// <param name="Cgroups">For each cgroup with page frames, the largest first: name, Anonymous, File, Shmem, Slab, PageTables, Other. Null if they are unknown.</param>
/// <param name="Map">The map.</param>
internal sealed record ReportedMemory(IReadOnlyList<object[]> Kinds, IReadOnlyList<object[]>? Cgroups, ReportedMap Map);

/// <summary>What the map's runs mean, which lie compressed beside the JSON.</summary>
/// <param name="FrameCount">The number of page frames in all runs.</param>
/// <param name="RunCount">The number of runs.</param>
/// <param name="BlockFrames">The number of page frames in whose blocks the order is lost; 1 if it is exact.</param>
/// <param name="IsReduced">Whether details of page frames were left out for the size of the report.</param>
/// <param name="Segments">If the report includes frames: position in the map and page frame number, where memory begins after a hole.</param>
/// <param name="Uses">The names of the uses, by number.</param>
/// <param name="Flags">The sets of flags that occur, by number.</param>
/// <param name="Cgroups">The cgroups that occur, by number; 0 is none.</param>
/// <param name="Owners">The sets of processes that occur, by number, as indices of processes; 0 is none. A set that is too large is its count alone. Null if nobody knows who maps page frames.</param>
/// <param name="Classes">For each class of a run: use, flags, 1 for a folio of several page frames, cgroup, owners.</param>
internal sealed record ReportedMap(
    long FrameCount, int RunCount, int BlockFrames, bool IsReduced, IReadOnlyList<long[]>? Segments, IReadOnlyList<string> Uses, IReadOnlyList<string> Flags,
    IReadOnlyList<string?> Cgroups, IReadOnlyList<object>? Owners, IReadOnlyList<int[]> Classes);
