namespace PagemapTools.Tests.Support;

/// <summary>Pagemap entries put together from the bits that Documentation/admin-guide/mm/pagemap.rst lists.</summary>
internal static class Entries
{
    public const ulong PresentBit = 1UL << 63;
    public const ulong SwapBit = 1UL << 62;
    public const ulong FileBit = 1UL << 61;
    public const ulong ExclusiveBit = 1UL << 56;
    public const ulong SoftDirtyBit = 1UL << 55;

    public static ulong Present(ulong pfn) => PresentBit | pfn;

    public static ulong Swapped(int type, ulong offset) => SwapBit | (offset << 5) | (uint)type;
}
