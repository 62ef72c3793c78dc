using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Holdings;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>
/// Where the other mappings of page frames probably are: forked processes have anonymous memory at the same address, and processes that
/// map a file have its page at the same offset.
/// </summary>
internal sealed class ProbePlan
{
    private readonly ulong[] _addresses;
    private readonly Dictionary<FileKey, ulong[]> _offsets;

    /// <summary>Makes the plan from one mapping, or more, of each frame.</summary>
    public ProbePlan(IEnumerable<Hit> hits)
    {
        ILookup<bool, Hit> byKind = hits.ToLookup(hit => hit.Mapping.HasFile && new PagemapEntry(hit.Entry).IsFileOrSharedAnon);
        _addresses = [.. byKind[false].Select(hit => hit.Address).Distinct().Order()];
        _offsets = byKind[true].GroupBy(hit => FileKey.From(hit.Mapping, ipcNamespace: 0), GetOffset).ToDictionary(file => file.Key, file => file.Distinct().Order().ToArray());
    }

    /// <summary>The addresses, in ascending order.</summary>
    public IReadOnlyList<ulong> Addresses => _addresses;

    /// <summary>Whether the addresses are all there is to probe, so that a process can be probed without its mappings.</summary>
    public bool HasAddressesOnly => _offsets.Count == 0;

    /// <summary>Gets the addresses to probe in a mapping, in ascending order.</summary>
    public IReadOnlyList<ulong> GetAddresses(MemoryMapping mapping)
    {
        IEnumerable<ulong> addresses = GetBetween(_addresses, mapping.Start, mapping.End);
        if (mapping.HasFile && _offsets.TryGetValue(FileKey.From(mapping, ipcNamespace: 0), out ulong[]? offsets))
        {
            addresses = addresses.Concat(GetBetween(offsets, mapping.Offset, mapping.Offset + mapping.Size).Select(offset => mapping.Start + (offset - mapping.Offset)))
                .Distinct().Order();
        }

        return [.. addresses];
    }

    private static ulong GetOffset(Hit hit) => hit.Mapping.Offset + (hit.Address - hit.Mapping.Start);

    private static ArraySegment<ulong> GetBetween(ulong[] sorted, ulong start, ulong end)
    {
        int first = LowerBound(sorted, start);
        return new ArraySegment<ulong>(sorted, first, LowerBound(sorted, end) - first);
    }

    private static int LowerBound(ulong[] sorted, ulong value)
    {
        int index = Array.BinarySearch(sorted, value);
        return index < 0 ? ~index : index;
    }
}
