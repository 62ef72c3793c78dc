using System.Numerics;
using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Groups;

/// <summary>
/// A set of slots of swap areas: one bit a slot, in blocks of 4096 slots that are made when the first slot of a block is added. For one
/// thread.
/// </summary>
internal sealed class SwapSlots
{
    private const int BlockShift = 12;
    private const int BlockWords = (1 << BlockShift) / 64;

    private readonly Dictionary<ulong, ulong[]> _blocks = [];
    private ulong _block = ulong.MaxValue;
    private ulong[] _words = [];

    public bool IsEmpty => _blocks.Count == 0;

    /// <summary>The number of slots.</summary>
    public long Count => _blocks.Values.Sum(CountBits);

    /// <summary>Adds the slots of the entries that are swapped out.</summary>
    /// <returns>Whether each entry could be understood. The kernel may hide where a page is.</returns>
    public bool Add(ReadOnlySpan<ulong> entries, SwapTypes types)
    {
        bool isComplete = true;
        foreach (ulong raw in entries)
        {
            if ((raw & (PagemapEntry.PresentBit | PagemapEntry.SwapBit)) != PagemapEntry.SwapBit)
            {
                continue;
            }

            PagemapEntry entry = new(raw);
            PageState state = entry.GetState(types);
            if (state == PageState.Swapped)
            {
                Add(((ulong)entry.SwapType!.Value << 50) | entry.SwapOffset!.Value);
            }

            isComplete &= state != PageState.Hidden;
        }

        return isComplete;
    }

    /// <summary>Adds the slots of another set.</summary>
    public void UnionWith(SwapSlots other)
    {
        foreach ((ulong block, ulong[] words) in other._blocks)
        {
            ulong[] own = GetBlock(block);
            for (int i = 0; i < BlockWords; i++)
            {
                own[i] |= words[i];
            }
        }
    }

    /// <summary>Adds the slots that are in both of two sets.</summary>
    public void UnionWithIntersection(SwapSlots first, SwapSlots second)
    {
        foreach ((ulong block, ulong[] words) in first._blocks)
        {
            if (second._blocks.TryGetValue(block, out ulong[]? others))
            {
                ulong[] own = GetBlock(block);
                for (int i = 0; i < BlockWords; i++)
                {
                    own[i] |= words[i] & others[i];
                }
            }
        }
    }

    /// <summary>Counts the slots that another set has, too.</summary>
    public long CountIntersection(SwapSlots other)
    {
        long count = 0;
        foreach ((ulong block, ulong[] words) in _blocks)
        {
            for (int i = 0; other._blocks.TryGetValue(block, out ulong[]? others) && i < BlockWords; i++)
            {
                count += BitOperations.PopCount(words[i] & others[i]);
            }
        }

        return count;
    }

    private static long CountBits(ulong[] words) => words.Sum(word => (long)BitOperations.PopCount(word));

    private void Add(ulong slot)
    {
        if (slot >> BlockShift != _block)
        {
            _block = slot >> BlockShift;
            _words = GetBlock(_block);
        }

        _words[(slot / 64) % BlockWords] |= 1UL << (int)(slot % 64);
    }

    private ulong[] GetBlock(ulong block)
    {
        if (!_blocks.TryGetValue(block, out ulong[]? words))
        {
            _blocks.Add(block, words = new ulong[BlockWords]);
        }

        return words;
    }
}
