namespace PagemapTools.TestSupport;

/// <summary>Builds pagemap entries from the bits in Documentation/admin-guide/mm/pagemap.rst, without the library's constants.</summary>
internal static class PagemapBits
{
    public const ulong Present = 1UL << 63;
    public const ulong Swap = 1UL << 62;
    public const ulong File = 1UL << 61;
    public const ulong Guard = 1UL << 58;
    public const ulong UffdWriteProtected = 1UL << 57;
    public const ulong Exclusive = 1UL << 56;
    public const ulong SoftDirty = 1UL << 55;
    public const ulong Frame = (1UL << 55) - 1;

    /// <summary>The entry of Linux 6.18 for a page under MADV_GUARD_INSTALL.</summary>
    public const ulong GuardRegion = 0x440000000000009f;

    /// <summary>The entry of Linux 6.18 for an unpopulated page under UFFDIO_WRITEPROTECT.</summary>
    public const ulong UffdMarker = 0x420000000000003f;

    public static ulong PresentAt(ulong pfn) => Present | pfn;

    public static ulong Swapped(int type, ulong offset) => Swap | (offset << 5) | (uint)type;
}
