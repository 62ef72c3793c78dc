using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Frames;

/// <summary>
/// Decodes words of kpageflags in both ways of page-types (tools/mm/page-types.c): well-known flags, or raw (--raw), which are all flags
/// with overloaded bits expanded. Both ways clear ANON and KSM of slab pages, because slab stores other data in the field from which the
/// kernel derives them (fs/proc/page.c, stable_page_flags).
/// </summary>
public static class KPageFlagsDecoder
{
    /// <summary>What <c>compound</c> means in page-types.</summary>
    internal const KPageFlags Compound = KPageFlags.COMPOUND_HEAD | KPageFlags.COMPOUND_TAIL;

    // KPF_HACKERS_BITS of page-types.
    private const KPageFlags Hackers = (KPageFlags)(0xffffUL << 32);

    /// <summary>Decodes the flags that mean the same on every kernel. COMPOUND_HEAD and COMPOUND_TAIL remain only on hugetlb pages.</summary>
    public static KPageFlags DecodeWellKnown(ulong word)
    {
        KPageFlags flags = ClearFalseSlabFlags((KPageFlags)word) & ~Hackers;
        return (flags & Compound) != 0 && (flags & KPageFlags.HUGE) == 0 ? flags & ~Compound : flags;
    }

    /// <summary>Decodes all flags. An overloaded bit is replaced by the flag that it means.</summary>
    public static KPageFlags DecodeRaw(ulong word)
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

    /// <summary>Decodes all flags, and adds the bits of the pagemap entry that page-types adds: soft-dirty, file, swap format and exclusive.</summary>
    public static KPageFlags DecodeRaw(ulong word, PagemapEntry entry)
    {
        KPageFlags flags = DecodeRaw(word);
        flags |= entry.IsSoftDirty ? KPageFlags.SOFTDIRTY : 0;
        flags |= entry.IsFileOrSharedAnon ? KPageFlags.FILE : 0;
        flags |= entry.IsSwapFormat ? KPageFlags.SWAP : 0;
        return entry.IsExclusive ? flags | KPageFlags.MMAP_EXCLUSIVE : flags;
    }

    /// <summary>Decodes the flags that are shown: all of them if raw, else the well-known ones.</summary>
    internal static KPageFlags Decode(ulong word, PagemapEntry entry, bool raw) => raw ? DecodeRaw(word, entry) : DecodeWellKnown(word);

    /// <summary>Decodes the kernel's bits without change, the flags that overloaded bits mean, and the bits of the pagemap entry.</summary>
    internal static KPageFlags DecodeAll(ulong word, PagemapEntry entry) => ClearFalseSlabFlags((KPageFlags)word) | DecodeRaw(word, entry);

    private static KPageFlags ClearFalseSlabFlags(KPageFlags flags) =>
        (flags & KPageFlags.SLAB) != 0 ? flags & ~(KPageFlags.ANON | KPageFlags.KSM) : flags;

    private static KPageFlags Rename(KPageFlags flags, KPageFlags from, KPageFlags to) =>
        Has(flags, from) ? flags ^ (from | to) : flags;

    private static bool Has(KPageFlags flags, KPageFlags all) => (flags & all) == all;
}
