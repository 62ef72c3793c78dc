using System.Numerics;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Sharing;

/// <summary>
/// Counts the page frames that pairs of processes share, by kind. The counts take 32 bytes for each pair that shares a frame with any process.
/// </summary>
/// <param name="shared">The page frames and their sets, to which nothing is added any more.</param>
/// <param name="isCounted">Whether each process is counted.</param>
internal sealed class PairCounter(SharedFrames shared, bool[] isCounted)
{
    public const int Kinds = 4;

    private const int WordBits = 64;

    private readonly long[]?[] _rows = new long[]?[isCounted.Length];
    private readonly long[] _frames = new long[shared.Sets.Limit * Kinds];

    /// <summary>Gets the number of frames that two processes share; <paramref name="first"/> is the lower number.</summary>
    public long GetCount(int first, int second, SharedFrameKind kind) => _rows[first] is { } row ? row[((second - first - 1) * Kinds) + (int)kind] : 0;

    /// <summary>Adds frames that a set of processes maps.</summary>
    public void Add(int set, SharedFrameKind kind, long frames) => _frames[((long)set * Kinds) + (int)kind] += frames;

    /// <summary>Counts the frames of all pairs.</summary>
    /// <param name="kpagecount">The file of map counts.</param>
    /// <param name="untracked">The sections of memory that the file leaves out.</param>
    /// <param name="cancellationToken">Cancels the count.</param>
    public void Count(PageIndexedFile kpagecount, UntrackedSections untracked, CancellationToken cancellationToken)
    {
        bool[] isShared = FindSharedSets();
        ulong[] counts = new ulong[FrameTable.BlockFrames];
        foreach ((ulong first, uint[] words) in shared.Frames.EnumerateBlocks())
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool hasCounts = false;
            for (int i = 0; i < words.Length; i++)
            {
                uint word = words[i];
                if (!isShared[FrameTable.GetSet(word)])
                {
                    continue;
                }

                if (FrameTable.GetKind(word) == SharedFrameKind.Anonymous)
                {
                    if (!hasCounts)
                    {
                        counts.AsSpan(kpagecount.Read(first, counts)).Clear();
                        hasCounts = true;
                    }

                    // The zero page and frames that the kernel does not account (a device's memory) look anonymous and have the count 0.
                    if (counts[i] == 0 && !untracked.IsUntracked(0, new PagemapEntry(PagemapEntry.PresentBit), first + (ulong)i))
                    {
                        continue;
                    }
                }

                Add(FrameTable.GetSet(word), FrameTable.GetKind(word), 1);
            }
        }

        Complete(cancellationToken);
    }

    /// <summary>Ends the additions: gives each pair the frames of the sets that have both processes.</summary>
    public void Complete(CancellationToken cancellationToken)
    {
        int[] processes = new int[isCounted.Length];
        for (int set = 1; set < shared.Sets.Limit; set++)
        {
            ReadOnlySpan<long> kinds = _frames.AsSpan(set * Kinds, Kinds);
            if (!kinds.ContainsAnyExcept(0))
            {
                continue;
            }

            cancellationToken.ThrowIfCancellationRequested();
            int count = ListMembers(shared.Sets.GetMembers(set), processes);
            for (int first = 0; first < count - 1; first++)
            {
                AddRow(processes[first], processes.AsSpan((first + 1)..count), kinds);
            }
        }
    }

    private bool[] FindSharedSets()
    {
        bool[] isShared = new bool[shared.Sets.Limit];
        ulong[] counted = new ulong[(isCounted.Length + WordBits - 1) / WordBits];
        for (int process = 0; process < isCounted.Length; process++)
        {
            counted[process / WordBits] |= isCounted[process] ? 1UL << (process % WordBits) : 0;
        }

        for (int set = 1; set < isShared.Length; set++)
        {
            ReadOnlySpan<ulong> members = shared.Sets.GetMembers(set);
            int count = 0;
            for (int i = 0; i < members.Length; i++)
            {
                count += BitOperations.PopCount(members[i] & counted[i]);
            }

            isShared[set] = count > 1;
        }

        return isShared;
    }

    private int ListMembers(ReadOnlySpan<ulong> members, int[] processes)
    {
        int count = 0;
        for (int i = 0; i < members.Length; i++)
        {
            for (ulong rest = members[i]; rest != 0; rest &= rest - 1)
            {
                int process = (i * WordBits) + BitOperations.TrailingZeroCount(rest);
                processes[count] = process;
                count += isCounted[process] ? 1 : 0;
            }
        }

        return count;
    }

    private void AddRow(int first, ReadOnlySpan<int> others, ReadOnlySpan<long> kinds)
    {
        Span<long> row = _rows[first] ??= new long[(isCounted.Length - first - 1) * Kinds];
        for (int kind = 0; kind < Kinds; kind++)
        {
            if (kinds[kind] != 0)
            {
                foreach (int other in others)
                {
                    row[((other - first - 1) * Kinds) + kind] += kinds[kind];
                }
            }
        }
    }
}
