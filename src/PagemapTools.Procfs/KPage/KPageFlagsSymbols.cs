namespace PagemapTools.Procfs;

/// <summary>Flags as a row of letters, one place a flag, as page-types prints them; unknown bits have no place.</summary>
public static class KPageFlagsSymbols
{
    private static readonly (KPageFlags Flag, char Letter)[] s_letters =
    [
        (KPageFlags.LOCKED, 'L'), (KPageFlags.ERROR, 'E'), (KPageFlags.REFERENCED, 'R'), (KPageFlags.UPTODATE, 'U'),
        (KPageFlags.DIRTY, 'D'), (KPageFlags.LRU, 'l'), (KPageFlags.ACTIVE, 'A'), (KPageFlags.SLAB, 'S'),
        (KPageFlags.WRITEBACK, 'W'), (KPageFlags.RECLAIM, 'I'), (KPageFlags.BUDDY, 'B'), (KPageFlags.MMAP, 'M'),
        (KPageFlags.ANON, 'a'), (KPageFlags.SWAPCACHE, 's'), (KPageFlags.SWAPBACKED, 'b'), (KPageFlags.COMPOUND_HEAD, 'H'),
        (KPageFlags.COMPOUND_TAIL, 'T'), (KPageFlags.HUGE, 'G'), (KPageFlags.UNEVICTABLE, 'u'), (KPageFlags.HWPOISON, 'X'),
        (KPageFlags.NOPAGE, 'n'), (KPageFlags.KSM, 'x'), (KPageFlags.THP, 't'), (KPageFlags.OFFLINE, 'o'),
        (KPageFlags.ZERO_PAGE, 'z'), (KPageFlags.IDLE, 'i'), (KPageFlags.PGTABLE, 'g'), (KPageFlags.RESERVED, 'r'),
        (KPageFlags.MLOCKED, 'm'), (KPageFlags.OWNER_2, 'd'), (KPageFlags.PRIVATE, 'P'), (KPageFlags.PRIVATE_2, 'p'),
        (KPageFlags.OWNER_PRIVATE, 'O'), (KPageFlags.ARCH, 'h'), (KPageFlags.UNCACHED, 'c'), (KPageFlags.SOFTDIRTY, 'f'),
        (KPageFlags.ARCH_2, 'H'), (KPageFlags.ARCH_3, 'H'), (KPageFlags.ANON_EXCLUSIVE, 'd'), (KPageFlags.READAHEAD, 'I'),
        (KPageFlags.SLOB_FREE, 'P'), (KPageFlags.SLUB_FROZEN, 'A'), (KPageFlags.SLUB_DEBUG, 'E'), (KPageFlags.FILE, 'F'),
        (KPageFlags.SWAP, 'w'), (KPageFlags.MMAP_EXCLUSIVE, '1'),
    ];

    /// <summary>The row of letters, an underscore where a flag is not set.</summary>
    public static string Format(KPageFlags flags) =>
        string.Create(s_letters.Length, flags, static (text, flags) =>
        {
            for (int place = 0; place < text.Length; place++)
            {
                text[place] = (flags & s_letters[place].Flag) != 0 ? s_letters[place].Letter : '_';
            }
        });
}
