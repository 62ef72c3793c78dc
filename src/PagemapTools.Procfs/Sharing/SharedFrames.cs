using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Sharing;

/// <summary>
/// The page frames that processes map, each with the set of these processes. Several threads add the frames of different processes. After
/// <see cref="Close"/> nothing is added, even by a thread that was left behind.
/// </summary>
internal sealed class SharedFrames
{
    // A sweep over the frames of a machine costs as much as the creation of some 100,000 sets.
    private const int MinSetsToCollect = 256 * 1024;

    private readonly object _lock = new();
    private readonly int _minSetsToCollect;
    private readonly ForkedBlocks _blocks;
    private int _collectAt;
    private bool _isClosed;

    /// <summary>Creates an empty table.</summary>
    /// <param name="processes">The number of processes; they are numbered from 0.</param>
    /// <param name="minSetsToCollect">The number of sets at which unused ones are first removed.</param>
    public SharedFrames(int processes, int minSetsToCollect = MinSetsToCollect)
    {
        _minSetsToCollect = minSetsToCollect;
        Sets = new ProcessSets(processes);
        _blocks = new ForkedBlocks(Sets, block => AddFrames(block.Entries, block.Kind, block.Set));
    }

    /// <summary>The frames with their sets. It is complete after <see cref="Close"/>.</summary>
    public FrameTable Frames { get; } = new();

    public ProcessSets Sets { get; }

    /// <summary>Ends the additions. From then on the table may be read without a lock.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            _blocks.Clear();
        }
    }

    /// <summary>Extends the sets of the frames of present pages by a set.</summary>
    private void AddFrames(ReadOnlySpan<ulong> entries, SharedFrameKind kind, int set)
    {
        // The entries of private hugetlb pages look anonymous, and the huge zero page in anonymous memory looks like a file.
        uint firstFile = FrameTable.Pack(set, kind);
        uint firstAnonymous = FrameTable.Pack(set, kind == SharedFrameKind.Hugetlb ? kind : SharedFrameKind.Anonymous);
        uint lastWord = 0;
        uint lastUnion = 0;
        ulong currentBlock = ulong.MaxValue;
        uint[] block = [];
        foreach (ulong entry in entries)
        {
            ulong pfn = entry & PagemapEntry.PfnMask;
            if ((entry & PagemapEntry.PresentBit) == 0 || pfn == 0)
            {
                continue;
            }

            if (pfn / FrameTable.BlockFrames != currentBlock)
            {
                currentBlock = pfn / FrameTable.BlockFrames;
                block = Frames.GetBlock(pfn);
            }

            ref uint word = ref block[pfn % FrameTable.BlockFrames];
            if (word == 0)
            {
                word = (entry & PagemapEntry.FileBit) != 0 ? firstFile : firstAnonymous;
                continue;
            }

            if (word != lastWord)
            {
                (lastWord, lastUnion) = (word, FrameTable.Pack(Sets.Union(FrameTable.GetSet(word), set), FrameTable.GetKind(word)));
            }

            word = lastUnion;
        }
    }

    // Each step of a process makes new sets of all sets that it extends. Sets that no frame has any more are removed when they are as many
    // as the others.
    private void CollectUnusedSets()
    {
        if (Sets.Count < Math.Max(_collectAt, _minSetsToCollect))
        {
            return;
        }

        bool[] used = new bool[Sets.Limit];
        foreach ((_, uint[] words) in Frames.EnumerateBlocks())
        {
            foreach (uint word in words)
            {
                used[FrameTable.GetSet(word)] = true;
            }
        }

        foreach (ForkedBlocks.Block block in _blocks.Enumerate())
        {
            used[block.Set] = true;
        }

        Sets.RemoveAllExcept(used);
        _collectAt = Sets.Count * 2;
    }

    /// <summary>Adds the frames of one process, on one thread.</summary>
    public sealed class Writer(SharedFrames owner, int process)
    {
        /// <summary>Whether an entry had a frame whose number the kernel hides.</summary>
        public bool SawHiddenFrames { get; private set; }

        /// <summary>Adds the frames of present pages.</summary>
        /// <param name="address">The address of the first page.</param>
        /// <param name="entries">The entries of pages of one mapping.</param>
        /// <param name="kind">The kind of the mapping's pages that are not anonymous.</param>
        /// <param name="cancellationToken">Cancels the addition, also if it is cancelled while the thread waits.</param>
        public void Add(ulong address, ReadOnlySpan<ulong> entries, SharedFrameKind kind, CancellationToken cancellationToken)
        {
            SawHiddenFrames |= HasHiddenFrames(entries);
            lock (owner._lock)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (owner._isClosed)
                {
                    throw new OperationCanceledException();
                }

                AddBlocks(PageGeometry.ToPageIndex(address), entries, kind);
                owner.CollectUnusedSets();
            }
        }

        private static bool HasHiddenFrames(ReadOnlySpan<ulong> entries)
        {
            foreach (ulong entry in entries)
            {
                if ((entry & (PagemapEntry.PresentBit | PagemapEntry.PfnMask)) == PagemapEntry.PresentBit)
                {
                    return true;
                }
            }

            return false;
        }

        private void AddBlocks(ulong page, ReadOnlySpan<ulong> entries, SharedFrameKind kind)
        {
            while (!entries.IsEmpty)
            {
                int length = Math.Min(ForkedBlocks.BlockEntries - (int)(page % ForkedBlocks.BlockEntries), entries.Length);
                if (length == ForkedBlocks.BlockEntries)
                {
                    owner._blocks.Add(page, entries[..length], kind, process);
                }
                else
                {
                    owner.AddFrames(entries[..length], kind, owner.Sets.Add(0, process));
                }

                entries = entries[length..];
                page += (ulong)length;
            }
        }
    }
}
