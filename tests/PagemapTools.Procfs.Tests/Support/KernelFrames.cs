namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Flags of page frames, read without the library.</summary>
internal static class KernelFrames
{
    private const ulong ZeroPage = 1UL << 24;
    private const ulong PageTable = 1UL << 26;
    private const int FramesPerRead = 1 << 16;

    public static bool IsZeroPage(ulong pfn) => (ReadFlags(pfn) & ZeroPage) != 0;

    public static bool IsPageTable(ulong pfn) => (ReadFlags(pfn) & PageTable) != 0;

    /// <summary>Returns a page frame that is a page table.</summary>
    public static ulong FindPageTable()
    {
        for (ulong first = 0; KernelFile.ReadWords("/proc/kpageflags", first, FramesPerRead) is { Length: > 0 } words; first += FramesPerRead)
        {
            int index = Array.FindIndex(words, word => (word & PageTable) != 0);
            if (index >= 0)
            {
                return first + (ulong)index;
            }
        }

        throw new InvalidOperationException("No page frame has the flag PGTABLE.");
    }

    private static ulong ReadFlags(ulong pfn) => KernelFile.ReadWords("/proc/kpageflags", pfn, 1)[0];
}
