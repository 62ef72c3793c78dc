using System.Numerics;

namespace PagemapTools.Procfs.Core;

/// <summary>The size of this machine's base pages. Every file of the pagemap interface has one entry for each base page.</summary>
public static class PageGeometry
{
    /// <summary>Bytes in a page: 4096 on x86-64; 4096, 16384 or 65536 on arm64.</summary>
    public static ulong PageSize { get; } = (ulong)Environment.SystemPageSize;

    /// <summary>log2 of <see cref="PageSize"/>.</summary>
    public static int PageShift { get; } = BitOperations.TrailingZeroCount(Environment.SystemPageSize);

    /// <summary>The index of the page that contains an address.</summary>
    internal static ulong ToPageIndex(ulong address) => address >> PageShift;

    /// <summary>The address of a page's first byte.</summary>
    internal static ulong ToAddress(ulong page) => page << PageShift;
}
