using PagemapTools.Procfs.Holdings;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Groups;

/// <summary>What remains of a group's walks when its page frames are resolved.</summary>
/// <param name="Frames">Its page frames.</param>
/// <param name="Files">Its files without a name.</param>
/// <param name="UnexaminedCount">The number of processes that may hold those files, too, because they could not be examined.</param>
/// <param name="Swap">Its slots of swap.</param>
/// <param name="SwappedShmem">Swapped-out pages of shared memory that it maps; null if unknown.</param>
/// <param name="HasHiddenSwap">Whether the kernel hid where a page is swapped out.</param>
/// <param name="PageTables">Bytes of page tables; null if unknown.</param>
/// <param name="FreedPageTables">Bytes of page tables that go with the group; null if unknown.</param>
internal sealed record GroupTotals(
    FrameTotals Frames, FreedFiles Files, int UnexaminedCount, SwapSlots Swap, long? SwappedShmem, bool HasHiddenSwap, long? PageTables, long? FreedPageTables)
{
    private static long ToBytes(long pages) => pages << PageGeometry.PageShift;

    private static long? ToBytes(long? pages) => pages << PageGeometry.PageShift;

    /// <summary>Makes the figures.</summary>
    /// <param name="name">The name of the group.</param>
    /// <param name="processIds">The processes that were walked.</param>
    /// <param name="slotsOfOthers">Slots of swap that processes outside of the group use, too; null if unknown.</param>
    public ProcessGroupUss ToUss(string? name, IReadOnlyList<int> processIds, SwapSlots? slotsOfOthers)
    {
        KindTotals own = Frames.Own;
        KindTotals mapped = Frames.Mapped;
        long resident = CountPages(mapped) - CountHugetlb(mapped);
        long ownResident = CountPages(own) - CountHugetlb(own);
        long? swapped = HasHiddenSwap ? null : Swap.Count;
        return new ProcessGroupUss(name, processIds)
        {
            Uss = Own(CountPages(own)),
            Pss = Frames.IsPssUnknown ? null : (long)(Frames.Pss >> FrameTotals.PssShift),
            Rss = ToBytes(resident),
            Shared = Own(resident - ownResident),
            Swap = ToBytes(swapped + SwappedShmem),
            Hugetlb = ToBytes(CountHugetlb(mapped)),
            UssAnonymous = Own(own[FrameKind.Anonymous]),
            UssFile = Own(own[FrameKind.KeptFile] + own[FrameKind.FreedFile] + own[FrameKind.Kernel]),
            UssShmem = Own(own[FrameKind.KeptShmem] + own[FrameKind.FreedShmem]),
            PageTables = PageTables,
            FreedPageTables = FreedPageTables,
            FreedShmem = IsMappedOutside(FrameKind.FreedShmem) ? null : ToBytes(Files.Shmem),
            FreedDeletedFile = IsMappedOutside(FrameKind.FreedFile) ? null : ToBytes(Files.Disk),
            SwapFreed = ToBytes((slotsOfOthers is null ? null : swapped - Swap.CountIntersection(slotsOfOthers)) + Files.SwappedShmem),
            KeptShmem = Own(own[FrameKind.KeptShmem]),
            UnmappedCache = Own(own[FrameKind.KeptFile]),
            UnexaminedProcessCount = UnexaminedCount,
            HugetlbToPool = Own(own[FrameKind.HugetlbToPool]),
        };
    }

    // The map counts of page frames show a process that could not be examined. A process of the group may also have mapped a few of them
    // again after its walk.
    private bool IsMappedOutside(FrameKind kind) => UnexaminedCount > 0 && Frames.Mapped[kind] - Frames.Own[kind] > Frames.Mapped[kind] / 8;

    private long? Own(long pages) => Frames.IsOwnUnknown ? null : ToBytes(pages);

    private static long CountPages(in KindTotals frames)
    {
        long pages = 0;
        for (FrameKind kind = 0; (int)kind < KindTotals.Kinds; kind++)
        {
            pages += frames[kind];
        }

        return pages;
    }

    private static long CountHugetlb(in KindTotals frames) => frames[FrameKind.HugetlbToPool] + frames[FrameKind.KeptHugetlb];
}

/// <summary>The files without a name that go with a group, in pages; null where it is unknown whether they go, or how large they are.</summary>
/// <param name="Shmem">Pages of shared memory in memory.</param>
/// <param name="SwappedShmem">Pages of shared memory in swap.</param>
/// <param name="Disk">Page cache of deleted files on disks.</param>
internal readonly record struct FreedFiles(long? Shmem, long? SwappedShmem, long? Disk)
{
    /// <summary>Sums the files of a group.</summary>
    public static FreedFiles Measure(ProcfsContext procfs, FileHolders holders, int group, TargetRunOptions options, CancellationToken cancellationToken)
    {
        FreedFiles sum = new(0, 0, 0);
        foreach ((bool? isFreed, FileLink link) in holders.GetFilesOf(group))
        {
            if (isFreed != false)
            {
                sum = sum.Add(FileResidency.TryMeasure(procfs, link, options, cancellationToken), isFreed);
            }
        }

        return sum;
    }

    private FreedFiles Add(FileResidency? file, bool? isFreed) => file switch
    {
        null => new FreedFiles(null, null, null),
        { Backing: BackingStore.Swap } shmem => this with { Shmem = Shmem + Known(shmem.Cached, isFreed), SwappedShmem = SwappedShmem + Known(shmem.Swapped, isFreed) },
        { } disk => this with { Disk = Disk + Known(disk.Cached, isFreed) },
    };

    // A file without pages adds nothing, whoever holds it.
    private static long? Known(long? pages, bool? isFreed) => pages == 0 || isFreed == true ? pages : null;
}
