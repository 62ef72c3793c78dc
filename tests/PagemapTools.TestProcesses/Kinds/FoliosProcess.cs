using PagemapTools.TestProcesses.Machine;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

/// <summary>Large folios that are mapped in every way.</summary>
internal sealed class FoliosProcess : TestProcess
{
    private const int FoliosPerSize = 3;

    public override string Name => "folios";

    public override string Summary =>
        "kib=16,64,256: large folios of private anonymous memory. Of PMD size: pmd (mapped by one), split (its PMD split, all pages mapped), unmapped (the " +
        "second half unmapped), moved (moved by one page, so not aligned); of each other size whole-KIB (3 mappings of one folio) and zapped-KIB (the " +
        "second page zapped); kib=0: no other sizes, for kernels before Linux 6.8";

    public override void Make(Context context)
    {
        HugePages.EnableTransparent(context);
        context.Add("pmd", HugePages.MakeTransparent(context));

        // The mappings merge again, and the pages keep their entries.
        MappedRegion split = HugePages.MakeTransparent(context);
        split.Slice(1, 3).Protect(Libc.ProtRead);
        split.Slice(1, 3).Protect(Libc.ProtReadWrite);
        context.Add("split", split);

        MappedRegion unmapped = HugePages.MakeTransparent(context);
        int half = unmapped.PageCount / 2;
        unmapped.Slice(half, half).Unmap();
        context.Add("unmapped", unmapped.Slice(0, half));
        context.Add("moved", Move(context));

        // The smallest first: a folio has the largest size that is enabled and fits.
        foreach (int kib in context.Options.GetText("kib", "16,64,256").Split(',').Select(int.Parse).Where(kib => kib > 0).Order())
        {
            Add(context, kib);
        }
    }

    private static MappedRegion Move(Context context)
    {
        MappedRegion source = HugePages.MakeTransparent(context);
        MappedRegion target = MappedRegion.Reserve(context, source.Length + MappedRegion.PageSize, source.Length).Slice(1, source.PageCount);
        _ = Libc.MoveMemory((nint)source.Address, (nuint)source.Length, (nuint)source.Length, Libc.MremapMayMove | Libc.MremapFixed, (nint)target.Address).OrFail("mremap");
        source.Unmap();
        return target;
    }

    private static void Add(Context context, int kib)
    {
        long size = kib * 1024L;
        HugePages.EnableMultiSize(context, size);
        for (int folio = 0; folio < FoliosPerSize; folio++)
        {
            context.Add($"whole-{kib}", MultiSizeProcess.Make(context, size, 1));
        }

        MappedRegion zapped = MultiSizeProcess.Make(context, size, 1);
        zapped.Slice(1, 1).Advise(Libc.MadvDontNeed, "MADV_DONTNEED");
        context.Add($"zapped-{kib}", zapped);
    }
}
