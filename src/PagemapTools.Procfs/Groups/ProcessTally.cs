using System.Runtime.CompilerServices;
using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Groups;

/// <summary>What the walk of one process found; afterwards, the sums of a group. For one thread.</summary>
/// <param name="pool">The arrays for blocks of page frames.</param>
internal sealed class ProcessTally(FrameBlockPool pool)
{
    // Up to 1 Mi references, 8 MiB, are listed and added to the counts of the group one by one. That costs less than to merge blocks, which
    // are many where memory is fragmented. A larger process counts in blocks of its own.
    private const int MaxListed = 1 << 20;
    private const int FirstListed = 1 << 15;
    private const int MarkShift = 56;

    private ulong[] _listed = [];
    private int _count;

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

    /// <summary>The name of the process, read while it executed the program that was walked; null for the sums of a group.</summary>
    public string? Name { get; set; }

    /// <summary>Bytes of page tables; null if the kernel does not say.</summary>
    public long? PageTables { get; set; } = 0;

    /// <summary>Bytes of page tables that go with the group. Less than <see cref="PageTables"/> if a process outside of it uses one of its address spaces.</summary>
    public long? FreedPageTables { get; set; } = 0;

    /// <summary>Parts of files that processes map.</summary>
    public List<FileSpan> ShmemSpans { get; } = [];

    /// <summary>Counts a reference to a page frame, and marks the frame.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong pfn, byte mark)
    {
        if (_count == _listed.Length)
        {
            MakeRoom();
        }

        _listed[_count++] = pfn | ((ulong)mark << MarkShift);
    }

    /// <summary>Adds another tally, which gives up its page frames.</summary>
    public void Merge(ProcessTally other)
    {
        MappedOnce.Add(other.MappedOnce);
        Frames.Merge(other.Frames);
        Count(other._listed.AsSpan(0, other._count));
        other._count = 0;
        Swap.UnionWith(other.Swap);
        SawHiddenSwap |= other.SawHiddenSwap;
        SawSharedHugetlbTables |= other.SawSharedHugetlbTables;
        PageTables += other.PageTables;
        FreedPageTables += other.FreedPageTables;
        ShmemSpans.AddRange(other.ShmemSpans);
    }

    private void MakeRoom()
    {
        if (_listed.Length == MaxListed)
        {
            Count(_listed);
            _count = 0;
        }
        else
        {
            Array.Resize(ref _listed, Math.Max(FirstListed, _listed.Length * 2));
        }
    }

    private void Count(ReadOnlySpan<ulong> references)
    {
        foreach (ulong reference in references)
        {
            byte mark = (byte)(reference >> MarkShift);
            if (mark == 0)
            {
                Frames.Add(reference);
            }
            else
            {
                Frames.Add(reference & PagemapEntry.PfnMask, mark);
            }
        }
    }
}
