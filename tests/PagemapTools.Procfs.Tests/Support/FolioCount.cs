namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Large folios of one mapping that are mapped in the same way.</summary>
internal readonly record struct FolioKind(string Memory, long Pages, bool IsAligned, bool IsWhole);

/// <summary>Counts the large folios of a process without the library: it finds the head of each page, and collects the pages of each folio.</summary>
internal sealed class FolioCount : IDisposable
{
    private const ulong Anon = 1UL << 12;
    private const ulong Head = 1UL << 15;
    private const ulong Tail = 1UL << 16;
    private const ulong Huge = 1UL << 17;
    private const ulong Thp = 1UL << 22;
    private const ulong ZeroPage = 1UL << 24;

    private readonly FileStream _flags = new("/proc/kpageflags", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);

    public void Dispose() => _flags.Dispose();

    /// <summary>Counts the pages of a mapping by the kind of their folio.</summary>
    public SortedDictionary<string, long> Count(int processId, Smaps mapping)
    {
        int pageCount = (int)((mapping.End - mapping.Start) / KernelFile.PageSize);
        ulong[] entries = KernelFile.ReadPagemap(processId, mapping.Start, pageCount);
        Dictionary<(ulong Head, ulong Offset), List<ulong>> folios = [];
        for (int i = 0; i < entries.Length; i++)
        {
            ulong pfn = entries[i] & PagemapBits.Frame;
            if ((entries[i] & PagemapBits.Present) == 0 || ReadFlags(pfn) is var flags && ((flags & (Thp | Huge)) == 0 || (flags & ZeroPage) != 0))
            {
                continue;
            }

            ulong page = (mapping.Start / KernelFile.PageSize) + (ulong)i;
            (ulong, ulong) key = (FindHead(pfn), page - pfn);
            folios.TryAdd(key, []);
            folios[key].Add(pfn);
        }

        SortedDictionary<string, long> counts = new(StringComparer.Ordinal);
        foreach (((ulong head, ulong offset), List<ulong> pfns) in folios)
        {
            FolioKind kind = Describe(head, offset, pfns.Count);
            counts[$"{kind}"] = counts.GetValueOrDefault($"{kind}") + pfns.Count;
        }

        return counts;
    }

    private FolioKind Describe(ulong head, ulong offset, int mapped)
    {
        long pages = 1;
        while ((ReadFlags(head + (ulong)pages) & Tail) != 0)
        {
            pages++;
        }

        ulong flags = ReadFlags(head);
        string memory = (flags & Huge) != 0 ? "Hugetlb" : (flags & Anon) != 0 ? "Anonymous" : "File";
        return new FolioKind(memory, pages, (head + offset) % (ulong)pages == 0, mapped == pages);
    }

    private ulong FindHead(ulong pfn)
    {
        while ((ReadFlags(pfn) & Head) == 0)
        {
            pfn--;
        }

        return pfn;
    }

    private ulong ReadFlags(ulong pfn) => KernelFile.ReadWords(_flags, pfn, 1) is [var word] ? word : 0;
}
