namespace PagemapTools.Procfs.Tests.Support;

/// <summary>
/// The two views of tools/mm/page-types.c, written bit by bit from its source: well_known_flags() and expand_overloaded_flags(). Both
/// views first mask ANON and KSM on slab pages; page-types does not.
/// </summary>
internal static class PageTypesView
{
    private const int Error = 1, Active = 6, Slab = 7, Writeback = 8, Reclaim = 9, Anon = 12, Head = 15, Tail = 16, Huge = 17, Ksm = 21;
    private const int FirstInternal = 32, LastInternal = 47, Owner2 = 34, Private = 35, SoftDirty = 40;
    private const int AnonExclusive = 47, Readahead = 48, SlobFree = 49, SlubFrozen = 50, SlubDebug = 51;
    private const int File = 61, Swap = 62, MmapExclusive = 63;

    public static ulong GetWellKnown(ulong word)
    {
        HashSet<int> bits = GetBits(word);
        bits.RemoveWhere(bit => bit is >= FirstInternal and <= LastInternal);
        if (!bits.Contains(Huge))
        {
            bits.Remove(Head);
            bits.Remove(Tail);
        }

        return ToWord(bits);
    }

    public static ulong GetRaw(ulong word, ulong entry = 0)
    {
        HashSet<int> bits = GetBits(word);
        if (bits.Contains(Anon))
        {
            Rename(bits, Owner2, AnonExclusive);
        }

        if (bits.Contains(Slab))
        {
            Rename(bits, Private, SlobFree);
            Rename(bits, Active, SlubFrozen);
            Rename(bits, Error, SlubDebug);
        }

        if (!bits.Contains(Writeback))
        {
            Rename(bits, Reclaim, Readahead);
        }

        foreach ((ulong inEntry, int bit) in new[] { (PagemapBits.SoftDirty, SoftDirty), (PagemapBits.File, File), (PagemapBits.Swap, Swap), (PagemapBits.Exclusive, MmapExclusive) })
        {
            if ((entry & inEntry) != 0)
            {
                bits.Add(bit);
            }
        }

        return ToWord(bits);
    }

    private static HashSet<int> GetBits(ulong word)
    {
        HashSet<int> bits = [.. Enumerable.Range(0, 64).Where(bit => (word >> bit & 1) != 0)];
        if (bits.Contains(Slab))
        {
            bits.Remove(Anon);
            bits.Remove(Ksm);
        }

        return bits;
    }

    // flags ^= BIT(from) | BIT(to): every word from the kernel has a clear target bit.
    private static void Rename(HashSet<int> bits, int from, int to)
    {
        if (bits.Remove(from) && !bits.Add(to))
        {
            bits.Remove(to);
        }
    }

    private static ulong ToWord(HashSet<int> bits) => bits.Aggregate(0UL, (word, bit) => word | (1UL << bit));
}
