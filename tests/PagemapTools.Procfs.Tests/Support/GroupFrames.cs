namespace PagemapTools.Procfs.Tests.Support;

/// <summary>
/// The memory of several processes, counted without the library: each entry of their pagemaps, in a dictionary by page frame, against the
/// words of kpagecount and kpageflags.
/// </summary>
internal sealed record GroupFrames
{
    private const ulong Huge = 1UL << 17;
    private const ulong Anonymous = 1UL << 12;

    public long Uss { get; private init; }

    public long Rss { get; private init; }

    public long Hugetlb { get; private init; }

    public long UssAnonymous { get; private init; }

    /// <summary>Distinct slots of swap, in bytes.</summary>
    public long Swap { get; private init; }

    public static GroupFrames Read(params IEnumerable<int> processIds)
    {
        Dictionary<ulong, uint> references = [];
        HashSet<ulong> slots = [];
        foreach (int id in processIds)
        {
            foreach (Smaps mapping in Smaps.ReadMappings(id).Where(mapping => mapping.Name is not ("[vsyscall]" or "[vvar]" or "[vvar_vclock]")))
            {
                foreach (ulong entry in ReadEntries(id, mapping))
                {
                    if ((entry & PagemapBits.Present) != 0)
                    {
                        references[entry & PagemapBits.Frame] = references.GetValueOrDefault(entry & PagemapBits.Frame) + 1;
                    }
                    else if ((entry & PagemapBits.Swap) != 0 && (entry & 31) < 22)
                    {
                        slots.Add(entry & PagemapBits.Frame);
                    }
                }
            }
        }

        return Sum(references, slots);
    }

    private static GroupFrames Sum(Dictionary<ulong, uint> references, HashSet<ulong> slots)
    {
        ulong[] pfns = [.. references.Keys.Order()];
        ulong?[] counts = KernelFile.ReadWordsAt("/proc/kpagecount", pfns);
        ulong?[] flags = KernelFile.ReadWordsAt("/proc/kpageflags", pfns);
        long own = 0, mapped = 0, huge = 0, ownAnonymous = 0;
        for (int i = 0; i < pfns.Length; i++)
        {
            if (counts[i] is not (null or 0))
            {
                bool isHuge = (flags[i] & Huge) != 0;
                bool isOwn = references[pfns[i]] == counts[i];
                mapped += isHuge ? 0 : 1;
                huge += isHuge ? 1 : 0;
                own += isOwn ? 1 : 0;
                ownAnonymous += isOwn && !isHuge && (flags[i] & Anonymous) != 0 ? 1 : 0;
            }
        }

        long page = (long)KernelFile.PageSize;
        return new GroupFrames { Uss = own * page, Rss = mapped * page, Hugetlb = huge * page, UssAnonymous = ownAnonymous * page, Swap = slots.Count * page };
    }

    // The entries of the runtime's large reservations are mostly empty.
    private static IEnumerable<ulong> ReadEntries(int processId, Smaps mapping)
    {
        const int Window = 1 << 20;
        if (mapping["Rss"] + mapping["Swap"] + mapping.Hugetlb == 0)
        {
            yield break;
        }

        for (ulong start = mapping.Start; start < mapping.End; start += Window * KernelFile.PageSize)
        {
            int pages = (int)Math.Min(Window, (mapping.End - start) / KernelFile.PageSize);
            foreach (ulong entry in KernelFile.ReadPagemap(processId, start, pages))
            {
                yield return entry;
            }
        }
    }
}
