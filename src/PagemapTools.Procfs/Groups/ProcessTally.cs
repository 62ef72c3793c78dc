namespace PagemapTools.Procfs.Groups;

/// <summary>What the walk of one process found; afterwards, the sums of a group. For one thread.</summary>
/// <param name="pool">The arrays for blocks of page frames.</param>
internal sealed class ProcessTally(FrameBlockPool pool)
{
    /// <summary>Page frames that one mapping alone maps, by bit 56. They are in no other tally.</summary>
    public KindTotals MappedOnce;

    /// <summary>References to the other page frames.</summary>
    public FrameCounts Frames { get; } = new(pool);

    /// <summary>The slots of swapped-out private memory.</summary>
    public SwapSlots Swap { get; } = new();

    /// <summary>Whether the kernel hid where a page is swapped out.</summary>
    public bool SawHiddenSwap { get; set; }

    /// <summary>Whether processes may share page tables of hugetlb pages with processes outside of the group.</summary>
    public bool SawSharedHugetlbTables { get; set; }

    /// <summary>Bytes of page tables; null if the kernel does not say.</summary>
    public long? PageTables { get; set; } = 0;

    /// <summary>Bytes of page tables that go with the group. Less than <see cref="PageTables"/> if a process outside of it uses one of its address spaces.</summary>
    public long? FreedPageTables { get; set; } = 0;

    /// <summary>Parts of files that processes map.</summary>
    public List<FileSpan> ShmemSpans { get; } = [];

    /// <summary>Adds another tally, which gives up its page frames.</summary>
    public void Merge(ProcessTally other)
    {
        MappedOnce.Add(other.MappedOnce);
        Frames.Merge(other.Frames);
        Swap.UnionWith(other.Swap);
        SawHiddenSwap |= other.SawHiddenSwap;
        SawSharedHugetlbTables |= other.SawSharedHugetlbTables;
        PageTables += other.PageTables;
        FreedPageTables += other.FreedPageTables;
        ShmemSpans.AddRange(other.ShmemSpans);
    }
}
