using System.Numerics;
using System.Runtime.CompilerServices;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>
/// A set of page frames that numbers its members in ascending order. It tests a frame by one bit, so that a walk can test every pagemap
/// entry of a host. It takes 6 KiB for each block of 32,768 frames (128 MiB with pages of 4 KiB) in which it has a member.
/// </summary>
internal sealed class FrameSet
{
    // A physical address has at most 48 bits on the machines that .NET runs on, except for memory of devices on a few servers.
    private const ulong MaxBlocks = 1UL << 21;
    private const int BlockShift = 15;
    private const int WordsPerBlock = 1 << (BlockShift - WordShift);
    private const int WordShift = 6;

    private readonly Block?[] _blocks;
    private readonly ulong _firstBlock;

    private FrameSet(SortedDictionary<ulong, ulong[]> blocks)
    {
        _firstBlock = blocks.Count == 0 ? 0 : blocks.Keys.First();
        _blocks = new Block?[blocks.Count == 0 ? 0 : blocks.Keys.Last() - _firstBlock + 1];
        foreach ((ulong number, ulong[] words) in blocks)
        {
            int[] ranks = new int[WordsPerBlock];
            for (int i = 0; i < WordsPerBlock; i++)
            {
                ranks[i] = Count;
                Count += BitOperations.PopCount(words[i]);
            }

            _blocks[number - _firstBlock] = new Block(words, ranks);
        }
    }

    private sealed record Block(ulong[] Words, int[] Ranks);

    /// <summary>The frame after the largest that a set can have.</summary>
    public static ulong MaxPfn => MaxBlocks << BlockShift;

    public int Count { get; }

    /// <summary>Gets the position of a frame among the members, in ascending order; -1 if it is no member.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int IndexOf(ulong pfn)
    {
        ulong number = (pfn >> BlockShift) - _firstBlock;
        if (number >= (ulong)_blocks.Length || _blocks[number] is not { } block)
        {
            return -1;
        }

        int index = (int)(pfn >> WordShift) & (WordsPerBlock - 1);
        ulong word = block.Words[index];
        ulong bit = 1UL << (int)pfn;
        return (word & bit) == 0 ? -1 : block.Ranks[index] + BitOperations.PopCount(word & (bit - 1));
    }

    /// <summary>Enumerates the members in ascending order.</summary>
    public IEnumerable<ulong> Enumerate()
    {
        for (int number = 0; number < _blocks.Length; number++)
        {
            for (int i = 0; _blocks[number] is { } block && i < WordsPerBlock; i++)
            {
                ulong first = (((_firstBlock + (ulong)number) << BlockShift) >> WordShift) + (ulong)i;
                for (ulong rest = block.Words[i]; rest != 0; rest &= rest - 1)
                {
                    yield return (first << WordShift) + (ulong)BitOperations.TrailingZeroCount(rest);
                }
            }
        }
    }

    /// <summary>Collects the members of a set, in any order.</summary>
    public sealed class Builder
    {
        private readonly SortedDictionary<ulong, ulong[]> _blocks = [];
        private ulong _lastNumber = ulong.MaxValue;
        private ulong[] _lastWords = [];

        public void Add(ulong pfn) => GetBlock(pfn >> BlockShift)[(pfn >> WordShift) & (WordsPerBlock - 1)] |= 1UL << (int)pfn;

        /// <summary>Adds a range that ends before <see cref="MaxPfn"/>.</summary>
        public void Add(FrameRange range)
        {
            for (ulong pfn = range.First; pfn < range.First + range.Count;)
            {
                ulong length = Math.Min((1UL << WordShift) - (pfn % (1UL << WordShift)), range.First + range.Count - pfn);
                ulong bits = length == 1UL << WordShift ? ulong.MaxValue : ((1UL << (int)length) - 1) << (int)pfn;
                GetBlock(pfn >> BlockShift)[(pfn >> WordShift) & (WordsPerBlock - 1)] |= bits;
                pfn += length;
            }
        }

        public FrameSet Build() => new(_blocks);

        private ulong[] GetBlock(ulong number)
        {
            if (number != _lastNumber)
            {
                if (!_blocks.TryGetValue(number, out ulong[]? words))
                {
                    _blocks[number] = words = new ulong[WordsPerBlock];
                }

                (_lastNumber, _lastWords) = (number, words);
            }

            return _lastWords;
        }
    }
}
