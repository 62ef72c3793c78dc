using System.Globalization;
using System.Numerics;

namespace PagemapTools.Procfs.Core;

/// <summary>The size of base pages. Every file of the pagemap interface has one entry for each base page.</summary>
public static class PageGeometry
{
    /// <summary>The environment variable that replaces the page size of this machine, to read a tree saved on a machine with another one.</summary>
    public const string EnvironmentVariable = "PAGEMAPTOOLS_PAGESIZE";

    private const ulong MinSectionSize = 128 << 20;

    /// <summary>Bytes in a page: 4096 on x86-64; 4096, 16384 or 65536 on arm64.</summary>
    public static ulong PageSize { get; } = ReadSavedPageSize() ?? (ulong)Environment.SystemPageSize;

    /// <summary>log2 of <see cref="PageSize"/>.</summary>
    public static int PageShift { get; } = BitOperations.TrailingZeroCount(PageSize);

    /// <summary>Bytes that one entry of the page middle directory maps: a table of entries of 8 bytes fills a page. 2 MiB with 4 KiB pages, 512 MiB with 64 KiB pages.</summary>
    internal static ulong PmdSize => PageSize * (PageSize / sizeof(ulong));

    /// <summary>
    /// The page frames of a section of memory: 128 MiB on x86-64 and on arm64 with pages of 4 and 16 KiB, 512 MiB on arm64 with pages of
    /// 64 KiB (SECTION_SIZE_BITS in sparsemem.h). No block of the buddy allocator, and so no folio besides hugetlb pages, crosses the end of
    /// a section (include/linux/mmzone.h, "MAX_ORDER exceeds SECTION_SIZE"). Memory goes on- and offline by whole sections. No more than 32,768.
    /// </summary>
    /// <remarks>A processor may have other sections. A folio is aligned to its size and no larger than a PMD maps, so that it does not cross this end, either.</remarks>
    internal static int SectionFrames => (int)(Math.Max(MinSectionSize, PmdSize) >> PageShift);

    /// <summary>The index of the page that contains an address.</summary>
    internal static ulong ToPageIndex(ulong address) => address >> PageShift;

    /// <summary>The address of a page's first byte.</summary>
    internal static ulong ToAddress(ulong page) => page << PageShift;

    // A value that is no page size of Linux is ignored: a type initializer has no way to report it.
    private static ulong? ReadSavedPageSize() =>
        ProcNumber.TryParseTyped(Environment.GetEnvironmentVariable(EnvironmentVariable), NumberStyles.None, out ulong size)
            && BitOperations.IsPow2(size) && size is >= 4096 and <= 262144 ? size : null;
}
