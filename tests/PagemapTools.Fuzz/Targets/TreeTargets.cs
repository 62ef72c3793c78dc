using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Fuzz.Targets;

/// <summary>Readers of a whole process: maps, pagemap, smaps and smaps_rollup.</summary>
internal static class TreeTargets
{
    private const int Turn = 1000;
    private const long MaxBytes = 4 * 1024 * 1024;
    private static readonly ProcessPageQuery s_all = new() { Entries = new() { IncludeUnpopulated = true } };

    public static IEnumerable<FuzzTarget> Create(SavedTree tree) =>
    [
        new("maps", input => CheckMaps(tree, input)) { InputsPerTurn = Turn, MaxBytes = MaxBytes },
        new("pagemap", input => CheckPagemap(tree, input)) { InputsPerTurn = Turn, MaxBytes = MaxBytes },
        new("smaps", input => CheckSmaps(tree, input)) { InputsPerTurn = Turn, MaxBytes = MaxBytes },
        new("smaps_rollup", input => CheckRollup(tree, input)) { InputsPerTurn = Turn, MaxBytes = MaxBytes },
    ];

    private static void CheckMaps(SavedTree tree, byte[] input)
    {
        tree.WriteProcess("maps", input);
        tree.WriteProcess("pagemap", new byte[8 * 0x402]);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, SavedTree.ProcessId);
        ulong end = 0;
        try
        {
            foreach (MemoryMapping mapping in process.ReadMappings())
            {
                Expect.That(mapping.Start >= end && mapping.End > mapping.Start, $"{mapping} is above the mapping before it");
                end = mapping.End;
            }
        }
        catch (ProcfsException refused)
        {
            // A mapping without an entry in pagemap is one of a process that has exited.
            Expect.That(refused.Error is ProcfsError.ReadFailed or ProcfsError.ProcessNotFound or ProcfsError.NoAddressSpace, $"{refused.Error}");
            Expect.IsVisible(refused.Message);
        }
    }

    private static void CheckPagemap(SavedTree tree, byte[] input)
    {
        const int Pages = 16;
        const ulong Start = 0x10000;
        byte[] entries = new byte[(0x10 + Pages) * sizeof(ulong)];
        input.AsSpan(0, Math.Min(input.Length, Pages * sizeof(ulong))).CopyTo(entries.AsSpan(0x10 * sizeof(ulong)));
        tree.WriteProcess("maps", "00010000-00020000 rw-p 00000000 00:00 0 \n"u8);
        tree.WriteProcess("pagemap", entries);
        using ProcfsContext procfs = new(tree.Root);
        ulong next = Start;
        foreach (ProcessPageInfo page in procfs.ReadPages(SavedTree.ProcessId, s_all))
        {
            Expect.Equal(next, page.Address, "the pages follow one another");
            Expect.Equal(BitConverter.ToUInt64(entries, (int)(page.Address / 4096 * 8)), page.RawEntry, "the entry of the page");
            next += PageGeometry.PageSize;
        }

        Expect.Equal(Start + (Pages * PageGeometry.PageSize), next, "each page is there");
        ulong bytes = procfs.ReadPages(SavedTree.ProcessId, s_all)
            .AsRanges().Aggregate(0UL, (sum, range) => sum + (ulong)range.Bytes);
        Expect.Equal(Pages * PageGeometry.PageSize, bytes, "ranges have all pages");
    }

    private static void CheckRollup(SavedTree tree, byte[] input)
    {
        tree.WriteProcess("smaps_rollup", input);
        using ProcfsContext procfs = new(tree.Root);
        try
        {
            ProcessUss uss = new UssMeter(procfs, UssMethod.Rollup).Measure(SavedTree.ProcessId);
            long?[] figures = [uss.Pss, uss.Rss, uss.Swap, uss.SwapPss, uss.Hugetlb, uss.PrivateClean, uss.PrivateDirty, uss.Anonymous, uss.LazyFree];
            Expect.That(Array.TrueForAll(figures, figure => figure is null or >= 0), "a figure is not negative");
            Expect.That(uss.PrivateClean + uss.PrivateDirty is not { } uniq || uss.Uss >= uniq, "Uss has its parts");
        }
        catch (ProcfsException refused)
        {
            Expect.That(refused.Error is ProcfsError.ReadFailed or ProcfsError.ProcessNotFound, $"{refused.Error}");
            Expect.IsVisible(refused.Message);
        }
    }

    private static void CheckSmaps(SavedTree tree, byte[] input)
    {
        tree.WriteProcess("smaps", input);
        tree.WriteProcess("maps", "00400000-00402000 rw-s 00000000 00:00 0 \n"u8);
        tree.WriteProcess("pagemap", new byte[8 * 0x402]);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, SavedTree.ProcessId);
        SmapsLookup smaps = new(process);
        MemoryMapping mapping = process.ReadMappings().First();
        try
        {
            Expect.That(smaps.GetSwap(mapping) is null or >= 0 && smaps.GetPrivateHugetlb(mapping) is null or >= 0, "a size is not negative");
        }
        catch (ProcfsException refused)
        {
            Expect.Equal(ProcfsError.ReadFailed, refused.Error, "malformed smaps");
            Expect.IsVisible(refused.Message);
        }
    }
}
