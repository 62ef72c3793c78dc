using System.Numerics;

namespace PagemapTools.Procfs.Sharing;

/// <summary>
/// Sets of processes, each with a number. Equal sets have the same number, so a page frame needs only that number. Set 0 is empty.
/// </summary>
/// <param name="processes">The number of processes; they are numbered from 0.</param>
internal sealed class ProcessSets(int processes)
{
    private const int WordBits = 64;
    private const int SetsPerChunk = 1024;

    private readonly int _words = (processes + WordBits - 1) / WordBits;
    private readonly ulong[] _single = new ulong[(processes + WordBits - 1) / WordBits];
    private readonly List<ulong[]> _chunks = [new ulong[SetsPerChunk * ((processes + WordBits - 1) / WordBits)]];
    private readonly List<ulong> _hashes = [0];
    private readonly Stack<int> _free = [];
    private readonly Dictionary<ulong, int> _byHash = [];

    /// <summary>The number of sets that exist.</summary>
    public int Count => _hashes.Count - _free.Count;

    /// <summary>The number after the highest number of a set.</summary>
    public int Limit => _hashes.Count;

    public ReadOnlySpan<ulong> GetMembers(int set) => _chunks[set / SetsPerChunk].AsSpan(set % SetsPerChunk * _words, _words);

    /// <summary>Gets the set that also has a process.</summary>
    public int Add(int set, int process)
    {
        _single[process / WordBits] = 1UL << (process % WordBits);
        int union = Union(set, _single);
        _single[process / WordBits] = 0;
        return union;
    }

    /// <summary>Gets the union of two sets.</summary>
    public int Union(int set, int other) => Union(set, GetMembers(other));

    private int Union(int set, ReadOnlySpan<ulong> other)
    {
        ReadOnlySpan<ulong> members = GetMembers(set);
        ulong hash = _hashes[set];
        bool isLarger = false;
        for (int i = 0; i < members.Length; i++)
        {
            for (ulong added = other[i] & ~members[i]; added != 0; added &= added - 1)
            {
                hash ^= Mix((ulong)((i * WordBits) + BitOperations.TrailingZeroCount(added)));
                isLarger = true;
            }
        }

        if (!isLarger)
        {
            return set;
        }

        if (_byHash.TryGetValue(hash, out int known) && IsUnion(GetMembers(known), members, other))
        {
            return known;
        }

        int union = Allocate(hash);
        Span<ulong> unionMembers = _chunks[union / SetsPerChunk].AsSpan(union % SetsPerChunk * _words, _words);
        for (int i = 0; i < unionMembers.Length; i++)
        {
            unionMembers[i] = members[i] | other[i];
        }

        // A set whose hash another set has is found by neither of them. Both remain correct: a set may have two numbers.
        _byHash[hash] = union;
        return union;
    }

    /// <summary>Removes the sets that are not marked.</summary>
    public void RemoveAllExcept(ReadOnlySpan<bool> used)
    {
        _free.Clear();
        for (int set = _hashes.Count - 1; set > 0; set--)
        {
            if (!used[set])
            {
                if (_byHash.TryGetValue(_hashes[set], out int known) && known == set)
                {
                    _byHash.Remove(_hashes[set]);
                }

                _free.Push(set);
            }
        }
    }

    private int Allocate(ulong hash)
    {
        if (_free.TryPop(out int set))
        {
            _hashes[set] = hash;
            return set;
        }

        set = _hashes.Count;
        _hashes.Add(hash);
        if (set / SetsPerChunk == _chunks.Count)
        {
            _chunks.Add(new ulong[SetsPerChunk * _words]);
        }

        return set;
    }

    private static bool IsUnion(ReadOnlySpan<ulong> union, ReadOnlySpan<ulong> members, ReadOnlySpan<ulong> other)
    {
        for (int i = 0; i < members.Length; i++)
        {
            if (union[i] != (members[i] | other[i]))
            {
                return false;
            }
        }

        return true;
    }

    // The hash of a set is the exclusive or of the hashes of its members (Zobrist), so one step computes that of a larger set.
    private static ulong Mix(ulong process)
    {
        ulong value = (process + 1) * 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}
