using System.Runtime.CompilerServices;
using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Sharing;

/// <summary>
/// The page frames that processes map, each with the set of these processes. Several threads add the frames of different processes. After
/// <see cref="Close"/> nothing is added, even by a thread that was left behind.
/// </summary>
/// <param name="processes">The number of processes; they are numbered from 0.</param>
/// <param name="minSetsToCollect">The number of sets at which unused ones are first removed.</param>
internal sealed class SharedFrames(int processes, int minSetsToCollect = SharedFrames.MinSetsToCollect)
{
    // A sweep over the frames of a machine costs as much as the creation of some 100,000 sets.
    private const int MinSetsToCollect = 256 * 1024;

    private readonly object _lock = new();
    private int _collectAt;
    private bool _isClosed;

    public FrameTable Frames { get; } = new();

    public ProcessSets Sets { get; } = new(processes);

    /// <summary>Ends the additions. From then on the table may be read without a lock.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
        }
    }

    // Each step of a process makes new sets of all sets that it extends. Sets that no frame has any more are removed when they are as many
    // as the others.
    private void CollectUnusedSets()
    {
        if (Sets.Count < Math.Max(_collectAt, minSetsToCollect))
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

        Sets.RemoveAllExcept(used);
        _collectAt = Sets.Count * 2;
    }

    /// <summary>Adds the frames of one process, on one thread.</summary>
    public sealed class Writer(SharedFrames owner, int process)
    {
        private readonly Dictionary<int, int> _unions = [];
        private int _generation = -1;
        private uint _lastWord;
        private uint _lastUnion;

        /// <summary>Whether an entry had a frame whose number the kernel hides.</summary>
        public bool SawHiddenFrames { get; private set; }

        /// <summary>Adds the frames of present pages.</summary>
        /// <param name="entries">The entries of pages of one mapping.</param>
        /// <param name="kind">The kind of the mapping's pages that are not anonymous.</param>
        /// <param name="cancellationToken">Cancels the addition, also if it is cancelled while the thread waits.</param>
        public void Add(ReadOnlySpan<ulong> entries, FrameKind kind, CancellationToken cancellationToken)
        {
            lock (owner._lock)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (owner._isClosed)
                {
                    throw new OperationCanceledException();
                }

                ForgetRemovedSets();
                AddEntries(entries, kind);
                owner.CollectUnusedSets();
            }
        }

        private void AddEntries(ReadOnlySpan<ulong> entries, FrameKind kind)
        {
            // The entries of private hugetlb pages look anonymous, and the huge zero page in anonymous memory looks like a file.
            uint firstFile = FrameTable.Pack(owner.Sets.Add(0, process), kind);
            uint firstAnonymous = FrameTable.Pack(owner.Sets.Add(0, process), kind == FrameKind.Hugetlb ? kind : FrameKind.Anonymous);
            ulong currentBlock = ulong.MaxValue;
            uint[] block = [];
            foreach (ulong entry in entries)
            {
                if ((entry & PagemapEntry.PresentBit) == 0)
                {
                    continue;
                }

                ulong pfn = entry & PagemapEntry.PfnMask;
                if (pfn == 0)
                {
                    SawHiddenFrames = true;
                    continue;
                }

                if (pfn / FrameTable.BlockFrames != currentBlock)
                {
                    currentBlock = pfn / FrameTable.BlockFrames;
                    block = owner.Frames.GetBlock(pfn);
                }

                ref uint word = ref block[pfn % FrameTable.BlockFrames];
                word = word == 0 ? ((entry & PagemapEntry.FileBit) != 0 ? firstFile : firstAnonymous)
                    : word == _lastWord ? _lastUnion
                    : Extend(word);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private uint Extend(uint word)
        {
            int set = FrameTable.GetSet(word);
            if (!_unions.TryGetValue(set, out int union))
            {
                union = owner.Sets.Add(set, process);
                _unions.Add(set, union);
            }

            (_lastWord, _lastUnion) = (word, FrameTable.Pack(union, FrameTable.GetKind(word)));
            return _lastUnion;
        }

        private void ForgetRemovedSets()
        {
            if (_generation != owner.Sets.Generation)
            {
                _generation = owner.Sets.Generation;
                _unions.Clear();
                _lastWord = 0;
            }
        }
    }
}
