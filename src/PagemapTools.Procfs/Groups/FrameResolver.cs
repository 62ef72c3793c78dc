using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Groups;

/// <summary>
/// Compares the references that a group has to each page frame with its number of mappings in /proc/kpagecount. A page frame all of whose
/// mappings are references of the group belongs to the group alone. A page frame with references and without mappings is none of
/// anybody's memory: the zero page, or one without a struct page.
/// </summary>
/// <param name="procfs">The machine.</param>
internal sealed class FrameResolver(ProcfsContext procfs)
{
    // Measured: one call costs as much as 30 to 40 words of this file, which the kernel computes one by one.
    private const int MaxGap = 32;

    private const int BlocksPerChunk = 64;

    private readonly PageIndexedFile _mapCounts = procfs.Frames.Get(FrameProperties.MapCount);

    // With CONFIG_NO_PAGE_MAPCOUNT the count of a page of a large folio is an average over the folio (fs/proc/page.c, Linux 6.15).
    private readonly PageIndexedFile? _flagsOfAverages =
        KernelConfiguration.Read(procfs.Root)?.IsSet("NO_PAGE_MAPCOUNT") == true ? procfs.Frames.Get(FrameProperties.Flags) : null;

    /// <summary>Sums the page frames of a group.</summary>
    /// <param name="tally">What the walks of its processes found.</param>
    /// <param name="threads">The number of threads.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    public FrameTotals Resolve(ProcessTally tally, int threads, CancellationToken cancellationToken)
    {
        FrameTotals total = default;
        total.AddMappedOnce(tally.MappedOnce);
        (ulong Block, ushort[] Counts, byte[]? Marks)[] blocks = [.. tally.Frames.GetBlocks()];
        if (blocks is [(0, var lowest, _), ..] && lowest[0] != 0)
        {
            // No process maps page frame 0: the kernel hides the numbers.
            throw GroupUssMeter.CreateHidden();
        }

        int next = 0;
        object totalLock = new();
        ParallelRunner.Run(Math.Clamp(blocks.Length / BlocksPerChunk, 1, threads), _ =>
        {
            FrameTotals subtotal = default;
            Span<ulong> words = stackalloc ulong[FrameCounts.BlockFrames];
            for (int first; (first = Interlocked.Add(ref next, BlocksPerChunk) - BlocksPerChunk) < blocks.Length;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach ((ulong block, ushort[] counts, byte[]? marks) in blocks.AsSpan(first, Math.Min(BlocksPerChunk, blocks.Length - first)))
                {
                    Read(_mapCounts, block, counts, words);
                    Add(block, counts, marks, words, tally.SawSharedHugetlbTables, ref subtotal);
                }
            }

            lock (totalLock)
            {
                total.Add(subtotal);
            }
        }, cancellationToken);
        return total;
    }

    /// <summary>Reads the words of the page frames that are counted; of others perhaps, too.</summary>
    private static void Read(PageIndexedFile file, ulong block, ushort[] counts, Span<ulong> words)
    {
        words.Fill(PfnBatchReader.NoValue);
        ReadOnlySpan<ushort> rest = counts;
        for (int start = rest.IndexOfAnyExcept((ushort)0); start >= 0;)
        {
            int end = start + 1;
            int gap = rest[end..].IndexOfAnyExcept((ushort)0);
            while (gap >= 0 && gap <= MaxGap)
            {
                end += gap + 1;
                gap = rest[end..].IndexOfAnyExcept((ushort)0);
            }

            file.Read((block << FrameCounts.BlockShift) + (ulong)start, words[start..end]);
            start = gap < 0 ? -1 : end + gap;
        }
    }

    private void Add(ulong block, ushort[] counts, byte[]? marks, ReadOnlySpan<ulong> mapCounts, bool hasSharedTables, ref FrameTotals total)
    {
        Span<ulong> flags = stackalloc ulong[_flagsOfAverages is null ? 0 : FrameCounts.BlockFrames];
        if (_flagsOfAverages is not null)
        {
            Read(_flagsOfAverages, block, counts, flags);
        }

        for (int i = 0; i < counts.Length; i++)
        {
            ushort references = counts[i];
            ulong mappings = mapCounts[i];
            if (references == 0 || mappings == PfnBatchReader.NoValue)
            {
                continue;
            }

            byte mark = marks is null ? (byte)0 : marks[i];
            if (mappings == 0)
            {
                AddUncounted((block << FrameCounts.BlockShift) + (ulong)i, references, mark, ref total);
                continue;
            }

            FrameKind kind = (FrameKind)(mark & FrameCounts.KindMask);
            bool isOwn = references >= mappings && (mark & FrameCounts.HeldElsewhere) == 0;
            total.Mapped[kind]++;
            total.Own[kind] += isOwn ? 1 : 0;

            // Each quotient is truncated, as in smaps_account (fs/proc/task_mmu.c).
            total.Pss += FrameTotals.IsHugetlb(kind) ? 0 : Math.Min(references, mappings) * ((PageGeometry.PageSize << FrameTotals.PssShift) / mappings);
            total.IsOwnUnknown |= (references == FrameCounts.Saturated && !isOwn && mappings >= FrameCounts.Saturated)
                || (hasSharedTables && isOwn && FrameTotals.IsHugetlb(kind));
            if (!flags.IsEmpty && IsAverage(flags[i]))
            {
                total.IsOwnUnknown = true;
                total.IsPssUnknown = true;
            }
        }
    }

    private static bool IsAverage(ulong flags) =>
        (flags & (ulong)(KPageFlags.COMPOUND_HEAD | KPageFlags.COMPOUND_TAIL)) != 0 && (flags & (ulong)KPageFlags.HUGE) == 0;

    /// <summary>Adds a page frame whose map count reads 0, if the reason is that the kernel does not track it.</summary>
    private void AddUncounted(ulong pfn, ushort references, byte mark, ref FrameTotals total)
    {
        if (!procfs.Frames.UntrackedSections.IsUntracked(0, new PagemapEntry(PagemapEntry.PresentBit), pfn))
        {
            return;
        }

        // Without a count, only the pagemap entry tells.
        FrameKind kind = (FrameKind)(mark & FrameCounts.KindMask);
        bool isOwn = (mark & (FrameCounts.Exclusive | FrameCounts.HeldElsewhere)) == FrameCounts.Exclusive;
        total.Mapped[kind]++;
        total.Own[kind] += isOwn ? 1 : 0;
        total.Pss += isOwn ? PageGeometry.PageSize << FrameTotals.PssShift : 0;
        total.IsOwnUnknown |= !isOwn && references > 1;
        total.IsPssUnknown |= !isOwn;
    }
}
