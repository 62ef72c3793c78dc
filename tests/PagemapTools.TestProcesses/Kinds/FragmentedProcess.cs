using PagemapTools.TestProcesses.Machine;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

internal sealed class FragmentedProcess : TestProcess
{
    // In units of pages: of each eight, the first is kept.
    private const int Stride = 8;

    public override string Name => "fragmented";

    public override string Summary =>
        "huge=16: transparent huge pages of private anonymous memory, in one mapping: whole; split (MADV_COLD of one page splits the folio); " +
        "sparse (split, then MADV_DONTNEED of seven of eight pages)";

    public override void Make(Context context)
    {
        int huge = context.Options.GetNumber("huge", 16);
        HugePages.EnableTransparent(context);
        MappedRegion all = HugePages.MakeTransparent(context, 3 * huge);
        int pages = all.PageCount / 3;
        MappedRegion split = all.Slice(pages, pages);
        MappedRegion sparse = all.Slice(2 * pages, pages);
        foreach (MappedRegion region in (MappedRegion[])[split, sparse])
        {
            for (int page = 0; page < pages; page += pages / huge)
            {
                // A part of a huge page is cold: the kernel splits the folio (mm/madvise.c, madvise_cold_or_pageout_pte_range).
                region.Slice(page, 1).Advise(Libc.MadvCold, "MADV_COLD");
            }
        }

        for (int page = 0; page < pages; page += Stride)
        {
            sparse.Slice(page + 1, Stride - 1).Advise(Libc.MadvDontNeed, "MADV_DONTNEED");
        }

        context.Add("whole", all.Slice(0, pages)).WithAll("written");
        context.Add("split", split).WithAll("written");
        context.Add("sparse", sparse).With("written", Enumerable.Range(0, pages / Stride).Select(index => index * Stride));
    }
}
