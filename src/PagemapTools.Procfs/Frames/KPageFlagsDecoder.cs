using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Frames;

/// <summary>
/// The two views of a kpageflags word that page-types has (tools/mm/page-types.c): the well-known flags, and under --raw
/// everything, with overloaded bits expanded. Either way slab pages are cleared of ANON and KSM, which the kernel reads out of a
/// field that slab uses for something else (fs/proc/page.c, stable_page_flags).
/// </summary>
public static class KPageFlagsDecoder
{
    private const KPageFlags Hackers = (KPageFlags)(0xffffUL << 32);
    private const KPageFlags Compound = KPageFlags.COMPOUND_HEAD | KPageFlags.COMPOUND_TAIL;

    /// <summary>The flags that do not change from kernel to kernel; compound marks only on hugetlb pages.</summary>
    public static KPageFlags WellKnown(ulong word)
    {
        KPageFlags flags = ClearFalseSlabFlags((KPageFlags)word) & ~Hackers;
        return (flags & Compound) != 0 && (flags & KPageFlags.HUGE) == 0 ? flags & ~Compound : flags;
    }

    /// <summary>All flags, the overloaded ones under their own names.</summary>
    public static KPageFlags Raw(ulong word)
    {
        KPageFlags flags = ClearFalseSlabFlags((KPageFlags)word);
        if (Has(flags, KPageFlags.ANON | KPageFlags.OWNER_2))
        {
            flags ^= KPageFlags.OWNER_2 | KPageFlags.ANON_EXCLUSIVE;
        }

        if (Has(flags, KPageFlags.SLAB))
        {
            flags = Rename(flags, KPageFlags.PRIVATE, KPageFlags.SLOB_FREE);
            flags = Rename(flags, KPageFlags.ACTIVE, KPageFlags.SLUB_FROZEN);
            flags = Rename(flags, KPageFlags.ERROR, KPageFlags.SLUB_DEBUG);
        }

        return (flags & (KPageFlags.RECLAIM | KPageFlags.WRITEBACK)) == KPageFlags.RECLAIM
            ? flags ^ (KPageFlags.RECLAIM | KPageFlags.READAHEAD)
            : flags;
    }

    /// <summary>The raw view with the bits of the pagemap entry that page-types adds to it: soft-dirty, file, swap, exclusive.</summary>
    public static KPageFlags Raw(ulong word, PagemapEntry entry)
    {
        KPageFlags flags = Raw(word);
        flags |= entry.IsSoftDirty ? KPageFlags.SOFTDIRTY : 0;
        flags |= entry.IsFileOrSharedAnon ? KPageFlags.FILE : 0;
        flags |= entry.IsSwapFormat ? KPageFlags.SWAP : 0;
        return entry.IsExclusive ? flags | KPageFlags.MMAP_EXCLUSIVE : flags;
    }

    /// <summary>The flags as they are shown: raw, or the well-known ones.</summary>
    internal static KPageFlags Decode(ulong word, PagemapEntry entry, bool raw) => raw ? Raw(word, entry) : WellKnown(word);

    /// <summary>Every name that applies: the kernel's bits as they stand, and what overloaded and pagemap bits expand to.</summary>
    internal static KPageFlags All(ulong word, PagemapEntry entry) => ClearFalseSlabFlags((KPageFlags)word) | Raw(word, entry);

    private static KPageFlags ClearFalseSlabFlags(KPageFlags flags) =>
        (flags & KPageFlags.SLAB) != 0 ? flags & ~(KPageFlags.ANON | KPageFlags.KSM) : flags;

    private static KPageFlags Rename(KPageFlags flags, KPageFlags from, KPageFlags to) =>
        Has(flags, from) ? flags ^ (from | to) : flags;

    private static bool Has(KPageFlags flags, KPageFlags all) => (flags & all) == all;
}
