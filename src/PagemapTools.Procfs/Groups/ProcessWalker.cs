using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Groups;

/// <summary>
/// Walks processes and counts their references to page frames. A page that is exclusive (bit 56) is counted at once, by its kind; only the
/// others need the count of their page frame. Safe to use from several threads: each walk writes only its own result.
/// </summary>
/// <param name="procfs">The machine.</param>
/// <param name="holders">Who holds which file without a name.</param>
/// <param name="pool">The arrays for blocks of page frames.</param>
internal sealed class ProcessWalker(ProcfsContext procfs, FileHolders holders, FrameBlockPool pool)
{
    private const ulong OnceBits = PagemapEntry.PresentBit | PagemapEntry.ExclusiveBit;

    // One page table of the lowest level: 512 entries with 4 KiB pages.
    private static readonly int s_tableEntries = (int)(PageGeometry.PageSize / sizeof(ulong));

    // Of a huge page that one entry of the level above maps, every page has the bit of the first one, before Linux 6.11 and again since
    // 6.15 (fs/proc/task_mmu.c, pagemap_pmd_range). If another process maps the same huge page in parts, their counts differ.
    private readonly bool _isExclusiveBitOfFirstPage = procfs.KernelRelease.IsBefore(6, 11) || !procfs.KernelRelease.IsBefore(6, 15);

    private readonly BackingStoreCache _stores = new();

    /// <summary>Walks a process.</summary>
    /// <param name="target">The process.</param>
    /// <param name="threads">The number of threads that walk it.</param>
    /// <param name="cancellationToken">Cancels the walk.</param>
    /// <exception cref="ProcfsException">The process does not exist, exits or has no address space; the caller may not read it, or may not see page frame numbers.</exception>
    public ProcessTally Walk(GroupMember target, int threads, CancellationToken cancellationToken)
    {
        using ProcessAddressSpace process = procfs.OpenTarget(target.ProcessId, cancellationToken);
        if (target.Program is { } program && process.HasReplaced(program))
        {
            throw process.CreateExitedException();
        }

        // The end of the mappings shows whether the process still executed the same program when this was read.
        ProcessDetails details = process.ReadDetails();
        MappingKindFinder kinds = new(procfs, process, holders, _stores, target.Group);
        WorkQueue? queue = threads > 1 ? new WorkQueue(MappingParts.Enumerate(process, new PageWalkOptions()).ToList()) : null;
        ProcessTally total = new(pool);
        object totalLock = new();
        ParallelRunner.Run(threads, _ =>
        {
            ProcessTally tally = threads == 1 ? total : new ProcessTally(pool);
            Walk(process, queue?.DequeueAll() ?? MappingParts.Enumerate(process, new PageWalkOptions()), kinds, target.IsHeldElsewhere, tally, cancellationToken);
            lock (totalLock)
            {
                if (tally != total)
                {
                    total.Merge(tally);
                }
            }
        }, cancellationToken);
        total.Name = details.Name;
        total.PageTables = details.PageTables;
        total.FreedPageTables = target.IsHeldElsewhere ? 0 : total.PageTables;
        return total;
    }

    /// <summary>Finds the slots of swap that a process uses.</summary>
    public SwapSlots ReadSwap(int processId, CancellationToken cancellationToken)
    {
        SwapSlots slots = new();
        using ProcessAddressSpace process = procfs.OpenTarget(processId, cancellationToken);
        using PageWalk walk = new(process, new PageWalkOptions { Categories = PageCategories.Swapped });
        while (walk.MoveNext(cancellationToken))
        {
            slots.Add(walk.Entries, procfs.SwapTypes);
        }

        return slots;
    }

    private void Walk(
        ProcessAddressSpace process, IEnumerable<MappingPart> parts, MappingKindFinder finder, bool isHeldElsewhere, ProcessTally tally, CancellationToken cancellationToken)
    {
        using PageWalk walk = new(process, parts);
        MemoryMapping? mapping = null;
        MappingKinds kinds = default;
        while (walk.MoveNext(cancellationToken))
        {
            if (!ReferenceEquals(mapping, walk.Mapping))
            {
                mapping = walk.Mapping;
                kinds = finder.Find(mapping, tally);
            }

            if (!kinds.IsCounted)
            {
                continue;
            }

            if (isHeldElsewhere || kinds.IsHugetlb)
            {
                CountEach(walk.Entries, kinds, isHeldElsewhere ? FrameCounts.HeldElsewhere : (byte)0, tally);
            }
            else
            {
                Count(walk.Address, walk.Entries, kinds, tally);
            }
        }
    }

    private void Count(ulong address, ReadOnlySpan<ulong> entries, in MappingKinds kinds, ProcessTally tally)
    {
        if (!_isExclusiveBitOfFirstPage)
        {
            Count(entries, kinds, tally);
            return;
        }

        int toTable = (int)(PageGeometry.ToPageIndex(address) % (ulong)s_tableEntries);
        int next = Math.Min(entries.Length, toTable == 0 ? 0 : s_tableEntries - toTable);
        int start = 0;
        while (start < entries.Length)
        {
            ReadOnlySpan<ulong> table = entries[start..next];
            if (table.Length == s_tableEntries && MayBeHugePage(table))
            {
                CountEach(table, kinds, FrameCounts.Exclusive, tally);
            }
            else
            {
                Count(table, kinds, tally);
            }

            start = next;
            next = Math.Min(entries.Length, next + s_tableEntries);
        }
    }

    private static bool MayBeHugePage(ReadOnlySpan<ulong> table)
    {
        ulong bits = OnceBits | PagemapEntry.PfnMask;
        return (table[0] & OnceBits) == OnceBits && (table[0] & PagemapEntry.PfnMask) % (ulong)table.Length == 0
            && (table[^1] & bits) == (table[0] & bits) + (ulong)table.Length - 1;
    }

    private void Count(ReadOnlySpan<ulong> entries, in MappingKinds kinds, ProcessTally tally)
    {
        byte fileMark = (byte)kinds.File;
        long once = 0;
        long onceOfFile = 0;
        bool hasSwap = false;
        foreach (ulong entry in entries)
        {
            if ((entry & OnceBits) == OnceBits)
            {
                once++;
                onceOfFile += (long)((entry >> 61) & 1);
            }
            else if ((entry & PagemapEntry.PresentBit) == 0)
            {
                hasSwap |= (entry & PagemapEntry.SwapBit) != 0;
            }
            else if ((entry & PagemapEntry.FileBit) == 0)
            {
                tally.Add(entry & PagemapEntry.PfnMask, mark: 0);
            }
            else
            {
                tally.Add(entry & PagemapEntry.PfnMask, fileMark);
            }
        }

        tally.MappedOnce[kinds.File] += onceOfFile;
        tally.MappedOnce[kinds.Anonymous] += once - onceOfFile;
        tally.SawHiddenSwap |= hasSwap && !tally.Swap.Add(entries, procfs.SwapTypes);
    }

    /// <summary>Counts each page by its page frame, the exclusive ones, too.</summary>
    private void CountEach(ReadOnlySpan<ulong> entries, in MappingKinds kinds, byte mark, ProcessTally tally)
    {
        bool hasSwap = false;
        foreach (ulong entry in entries)
        {
            if ((entry & PagemapEntry.PresentBit) != 0)
            {
                FrameKind kind = (entry & PagemapEntry.FileBit) != 0 ? kinds.File : kinds.Anonymous;
                tally.Add(entry & PagemapEntry.PfnMask, (byte)(mark | (byte)kind));
            }

            hasSwap |= (entry & (PagemapEntry.PresentBit | PagemapEntry.SwapBit)) == PagemapEntry.SwapBit;
        }

        tally.SawHiddenSwap |= hasSwap && !tally.Swap.Add(entries, procfs.SwapTypes);
    }
}
