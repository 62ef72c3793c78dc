using System.Globalization;

namespace PagemapTools.Tests.Browser;

/// <summary>
/// A made-up machine with 256 MiB and four processes: a parent and its fork, one half of which is in swap, and one with hostile names, 40 of
/// whose 100 pages are in large folios.
/// </summary>
internal static class ReportTree
{
    public const int Frames = 65_536;
    public const int Parent = 100;
    public const int Child = 101;
    public const int Hostile = 102;
    public const int Swapped = 103;
    public const string HostileName = "<script>x=1</sc";
    public const string HostileFile = "/tmp/</script><img src=x onerror=alert(1)>";

    // Words as in include/uapi/linux/kernel-page-flags.h.
    private const ulong Anonymous = (1UL << 3) | (1UL << 5) | (1UL << 12) | (1UL << 14);
    private const ulong Large = (1UL << 16) | (1UL << 22);
    private const ulong Cache = (1UL << 2) | (1UL << 3) | (1UL << 5) | (1UL << 11);
    private const ulong Slab = 1UL << 7;
    private const ulong Free = 1UL << 10;
    private const ulong Reserved = 1UL << 32;
    private const int FirstMixed = 1024;
    private const int EndMixed = 29_696;
    private const int EndSlab = 33_792;
    private const ulong Start = 0x10_0000_0000;

    public static FakeProc Create()
    {
        ulong[] anonymous = [.. Enumerable.Range(FirstMixed, EndMixed - FirstMixed).Where(IsAnonymous).Select(pfn => (ulong)pfn)];
        ulong[] exclusive = [.. anonymous[..256].Select(pfn => PagemapBits.PresentAt(pfn) | PagemapBits.Exclusive)];
        ulong[] shared = [.. anonymous[256..640].Select(PagemapBits.PresentAt)];
        ulong[] copied = [.. anonymous[640..704].Select(pfn => PagemapBits.PresentAt(pfn) | PagemapBits.Exclusive)];
        ulong[] resident = [.. anonymous[1000..1200].Select(pfn => PagemapBits.PresentAt(pfn) | PagemapBits.Exclusive)];
        FakeProc tree = new FakeProc()
            .WriteEntries("kpageflags", 0, [.. Enumerable.Range(0, Frames).Select(GetFlags)])
            .WriteEntries("kpagecgroup", 0, [.. Enumerable.Range(0, Frames).Select(pfn => pfn is >= FirstMixed and < EndMixed ? 9_999_999_990UL : 0)])
            .WriteEntries("kpagecount", 0, [.. Enumerable.Range(0, Frames).Select(pfn => IsMixed(pfn) && IsAnonymous(pfn) ? 1UL : 0)])
            .WriteText("swaps", "Filename Type Size Used Priority\n/swap partition 100000 800 -2\n")
            .WriteText("sys/kernel/osrelease", "6.12.1-made-up\n");
        Array.ForEach(anonymous[256..640], pfn => tree.WriteEntries("kpagecount", pfn, 2));
        Array.ForEach(anonymous[800..840], pfn => tree.WriteEntries("kpageflags", pfn, Anonymous | Large));
        Add(tree, Parent, "parent", [.. exclusive, .. shared]);
        Add(tree, Child, "child", [.. copied, .. shared]);
        Add(tree, Swapped, "swapped", [.. resident, .. Enumerable.Range(1, 200).Select(slot => PagemapBits.Swapped(0, (ulong)slot))]);
        Add(tree, Hostile, HostileName, [.. anonymous[800..900].Select(pfn => PagemapBits.PresentAt(pfn) | PagemapBits.Exclusive)], HostileFile);
        return tree;
    }

    private static bool IsMixed(int pfn) => pfn is >= FirstMixed and < EndMixed;

    private static bool IsAnonymous(int pfn) => pfn % 7 < 4;

    private static ulong GetFlags(int pfn) => pfn < FirstMixed ? Reserved : IsMixed(pfn) ? (IsAnonymous(pfn) ? Anonymous : Cache) : pfn < EndSlab ? Slab : Free;

    private static void Add(FakeProc tree, int id, string name, ulong[] entries, string? file = null)
    {
        ulong end = Start + ((ulong)entries.Length * KernelFile.PageSize);
        tree.AddProcess(id, string.Create(CultureInfo.InvariantCulture, $"{Start:x}-{end:x} rw-p 00000000 00:00 0 {file}"))
            .WritePagemap(id, Start, entries)
            .WriteText($"{id}/comm", $"{name}\n").WriteText($"{id}/cmdline", $"{name}\0").WriteStatus(id, 'S', 0, name);
    }
}
