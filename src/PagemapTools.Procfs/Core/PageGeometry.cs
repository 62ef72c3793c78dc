using System.Globalization;
using System.Numerics;

namespace PagemapTools.Procfs.Core;

/// <summary>The size of base pages. Every file of the pagemap interface has one entry for each base page.</summary>
public static class PageGeometry
{
    /// <summary>The environment variable that replaces the page size of this machine, to read a tree saved on a machine with another one.</summary>
    public const string EnvironmentVariable = "PAGEMAPTOOLS_PAGESIZE";

    /// <summary>Bytes in a page: 4096 on x86-64; 4096, 16384 or 65536 on arm64.</summary>
    public static ulong PageSize { get; } = ReadSavedPageSize() ?? (ulong)Environment.SystemPageSize;

    /// <summary>log2 of <see cref="PageSize"/>.</summary>
    public static int PageShift { get; } = BitOperations.TrailingZeroCount(PageSize);

    /// <summary>Bytes that one entry of the page middle directory maps: a table of entries of 8 bytes fills a page. 2 MiB with 4 KiB pages, 512 MiB with 64 KiB pages.</summary>
    internal static ulong PmdSize => PageSize * (PageSize / sizeof(ulong));

    /// <summary>The index of the page that contains an address.</summary>
    internal static ulong ToPageIndex(ulong address) => address >> PageShift;

    /// <summary>The address of a page's first byte.</summary>
    internal static ulong ToAddress(ulong page) => page << PageShift;

    // A value that is no page size of Linux is ignored: a type initializer has no way to report it.
    private static ulong? ReadSavedPageSize() =>
        ProcNumber.TryParseTyped(Environment.GetEnvironmentVariable(EnvironmentVariable), NumberStyles.None, out ulong size)
            && BitOperations.IsPow2(size) && size is >= 4096 and <= 262144 ? size : null;
}
