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
    private readonly List<ulong[]> _chunks = [new ulong[SetsPerChunk * ((processes + WordBits - 1) / WordBits)]];
    private readonly List<ulong> _hashes = [0];
    private readonly Stack<int> _free = [];
    private readonly Dictionary<ulong, int> _byHash = [];

    /// <summary>The number of sets that exist.</summary>
    public int Count => _hashes.Count - _free.Count;

    /// <summary>The number after the highest number of a set.</summary>
    public int Limit => _hashes.Count;

    /// <summary>Changes when sets are removed, so that their numbers may have another meaning.</summary>
    public int Generation { get; private set; }

    public ReadOnlySpan<ulong> GetMembers(int set) => _chunks[set / SetsPerChunk].AsSpan(set % SetsPerChunk * _words, _words);

    /// <summary>Gets the set that also has a process.</summary>
    public int Add(int set, int process)
    {
        ulong bit = 1UL << (process % WordBits);
        ReadOnlySpan<ulong> members = GetMembers(set);
        if ((members[process / WordBits] & bit) != 0)
        {
            return set;
        }

        ulong hash = _hashes[set] ^ Mix((ulong)process);
        if (_byHash.TryGetValue(hash, out int known) && IsUnion(GetMembers(known), members, process / WordBits, bit))
        {
            return known;
        }

        int added = Allocate(hash);
        Span<ulong> union = _chunks[added / SetsPerChunk].AsSpan(added % SetsPerChunk * _words, _words);
        members.CopyTo(union);
        union[process / WordBits] |= bit;

        // A set whose hash another set has is found by neither of them. Both remain correct: a set may have two numbers.
        _byHash[hash] = added;
        return added;
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

        Generation++;
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

    private static bool IsUnion(ReadOnlySpan<ulong> union, ReadOnlySpan<ulong> members, int word, ulong bit)
    {
        for (int i = 0; i < members.Length; i++)
        {
            if (union[i] != (i == word ? members[i] | bit : members[i]))
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
