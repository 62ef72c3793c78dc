using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses;

/// <summary>
/// A mapping with exact borders. It lies in a PROT_NONE reservation with VM_DONTDUMP. No region has these flags, so the
/// kernel does not merge the mapping with the reservation or with a mapping of the runtime.
/// </summary>
internal sealed unsafe class MappedRegion
{
    // PAGEMAPTOOLS_TEST_WITHOUT=ZeroPage simulates a kernel that allocates a page frame on a read of anonymous memory.
    private static readonly bool s_hasNoZeroPage =
        (Environment.GetEnvironmentVariable("PAGEMAPTOOLS_TEST_WITHOUT") ?? "").Split(',').Contains("ZeroPage", StringComparer.Ordinal);

    private bool _isPrivateAnonymous;

    private MappedRegion(nuint address, long length)
    {
        Address = address;
        Length = length;
    }

    public static int PageSize { get; } = Environment.SystemPageSize;

    public nuint Address { get; }

    public long Length { get; }

    public int PageCount => (int)(Length / PageSize);

    /// <summary>Maps private anonymous memory without transparent huge pages.</summary>
    public static MappedRegion MapAnonymous(Context context, long length, int protection = Libc.ProtReadWrite, long alignment = 0)
    {
        MappedRegion region = Map(context, length, protection, Libc.MapPrivate | Libc.MapAnonymous | Libc.MapNoReserve, -1, alignment);
        region.TryAdvise(Libc.MadvNoHugepage);
        return region;
    }

    public static MappedRegion MapShared(Context context, int fd, long length, long alignment = 0) =>
        Map(context, length, Libc.ProtReadWrite, Libc.MapShared, fd, alignment);

    /// <summary>Maps with the given flags and MAP_FIXED.</summary>
    public static MappedRegion Map(Context context, long length, int protection, int flags, int fd, long alignment = 0)
    {
        MappedRegion region = Reserve(context, length, alignment);
        _ = Libc.MapMemory(region.Address, (nuint)length, protection, flags | Libc.MapFixed, fd, 0).OrSkip("mmap");
        region._isPrivateAnonymous = (flags & (Libc.MapPrivate | Libc.MapAnonymous)) == (Libc.MapPrivate | Libc.MapAnonymous);
        return region;
    }

    /// <summary>Makes only the reservation, for a caller that maps over it.</summary>
    public static MappedRegion Reserve(Context context, long length, long alignment = 0)
    {
        long border = Math.Max(alignment, PageSize);
        nuint total = (nuint)(length + 2 * border);
        int flags = Libc.MapPrivate | Libc.MapAnonymous | Libc.MapNoReserve;
        nuint start = (nuint)Libc.MapMemory(0, total, Libc.ProtNone, flags, -1, 0).OrSkip("mmap of a reservation");
        context.OnExit(() => Libc.UnmapMemory(start, total));
        Libc.Advise(start, total, Libc.MadvDontDump).OrFail("madvise(MADV_DONTDUMP)");
        return new MappedRegion((start + (nuint)border) & ~((nuint)border - 1), length);
    }

    public MappedRegion Slice(int firstPage, int pageCount) =>
        new(Address + (nuint)((long)firstPage * PageSize), (long)pageCount * PageSize);

    /// <summary>Replaces the pages by the reservation, as if the test process had unmapped them.</summary>
    public void Unmap()
    {
        int flags = Libc.MapPrivate | Libc.MapAnonymous | Libc.MapNoReserve | Libc.MapFixed;
        _ = Libc.MapMemory(Address, (nuint)Length, Libc.ProtNone, flags, -1, 0).OrFail("mmap over a region");
        Libc.Advise(Address, (nuint)Length, Libc.MadvDontDump).OrFail("madvise(MADV_DONTDUMP)");
    }

    public bool TryAdvise(int advice) => Libc.Advise(Address, (nuint)Length, advice) == 0;

    public void Advise(int advice, string name) => Libc.Advise(Address, (nuint)Length, advice).OrSkip($"madvise({name})");

    public void Protect(int protection) => Libc.Protect(Address, (nuint)Length, protection).OrFail("mprotect");

    public void Write(IEnumerable<int> pages)
    {
        foreach (int page in pages)
        {
            Write(page);
        }
    }

    /// <summary>Writes the whole page with words that no other page has, so that KSM does not merge the page.</summary>
    public void Write(int page) => Fill(page, Scramble((ulong)Address + (ulong)page + ((ulong)Environment.ProcessId << 48)));

    public void Fill(int page, ulong word) =>
        new Span<ulong>((void*)(Address + (nuint)((long)page * PageSize)), PageSize / sizeof(ulong)).Fill(word);

    public void WriteAll()
    {
        for (int page = 0; page < PageCount; page++)
        {
            Write(page);
        }
    }

    public void Read(IEnumerable<int> pages)
    {
        foreach (int page in pages)
        {
            ref byte first = ref *(byte*)(Address + (nuint)((long)page * PageSize));
            if (Volatile.Read(ref first) == 0 && s_hasNoZeroPage && _isPrivateAnonymous)
            {
                Volatile.Write(ref first, 0);
            }
        }
    }

    public void WriteByte(long offset) => Volatile.Write(ref *(byte*)(Address + (nuint)offset), 0x5a);

    /// <summary>Returns the pages that mincore finds in memory; for a file, in the page cache.</summary>
    public int[] FindPagesInCore()
    {
        byte[] resident = new byte[PageCount];
        fixed (byte* first = resident)
        {
            Libc.InCore(Address, (nuint)Length, first).OrFail("mincore");
        }

        return [.. Enumerable.Range(0, PageCount).Where(page => (resident[page] & 1) != 0)];
    }

    // The finaliser of SplitMix64, a bijection with 0 for 0.
    private static ulong Scramble(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}
