using PagemapTools.TestProcesses.Machine;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

internal sealed class TransparentHugeProcess : TestProcess
{
    private MappedRegion? _whole;

    public override string Name => "thp";

    public override string Summary =>
        "shmem=1: transparent huge pages of private anonymous memory: whole; split-writable and split-read-only " +
        "(mprotect of the second half); partly-unmapped (second half munmapped); partly-zapped (second quarter " +
        "MADV_DONTNEED); shmem (MADV_COLLAPSE of a memfd, if the kernel supports it); next: zaps a page of whole, which " +
        "splits its PMD";

    public override void Make(Context context)
    {
        bool shmem = context.Options.GetText("shmem", "1") is not "0";
        HugePages.EnableTransparent(context);
        _whole = HugePages.MakeTransparent(context);
        context.Add("whole", _whole).WithAll("written").With("huge-bytes", Smaps.SumBytes(_whole, "AnonHugePages").ToString());
        int half = _whole.PageCount / 2;
        int quarter = half / 2;

        MappedRegion split = HugePages.MakeTransparent(context);
        split.Slice(half, half).Protect(Libc.ProtRead);
        context.Add("split-writable", split.Slice(0, half)).WithAll("written");
        context.Add("split-read-only", split.Slice(half, half)).WithAll("written");

        MappedRegion unmapped = HugePages.MakeTransparent(context);
        unmapped.Slice(half, half).Unmap();
        context.Add("partly-unmapped", unmapped.Slice(0, half)).WithAll("written");

        MappedRegion zapped = HugePages.MakeTransparent(context);
        zapped.Slice(quarter, quarter).Advise(Libc.MadvDontNeed, "MADV_DONTNEED");
        context.Add("partly-zapped", zapped).With("zapped", PageList.Format(quarter, quarter))
            .With("written", Enumerable.Range(0, quarter).Concat(Enumerable.Range(half, half)));
        if (shmem)
        {
            AddShmem(context);
        }
    }

    public override void Next(Context context, int step, string argument)
    {
        if (step == 1)
        {
            _whole!.Slice(1, 1).Advise(Libc.MadvDontNeed, "MADV_DONTNEED");
            context["whole"].With("huge-bytes", "0").With("zapped", "1")
                .With("written", Enumerable.Range(0, _whole.PageCount).Where(page => page != 1));
        }
    }

    private static void AddShmem(Context context)
    {
        long length = HugePages.GetPmdSize();
        int fd = BackingFile.CreateInMemory(context, "thp").Resize(length).Descriptor;
        MappedRegion mapping = MappedRegion.MapShared(context, fd, length, length);
        mapping.WriteAll();
        if (mapping.TryAdvise(Libc.MadvCollapse))
        {
            // After MADV_COLLAPSE of shared memory the next page fault sets the PMD.
            mapping.WriteAll();
            context.Add("shmem", mapping).WithAll("written")
                .With("huge-bytes", Smaps.SumBytes(mapping, "ShmemPmdMapped").ToString());
        }
    }
}

internal sealed class HugeZeroProcess : TestProcess
{
    private MappedRegion? _mapping;

    public override string Name => "huge-zero";

    public override string Summary =>
        "device=0: a transparent huge page, only read: the huge zero page (device=1: in a private mapping of /dev/zero, " +
        "which is anonymous memory); next: writes the first page";

    public override void Make(Context context)
    {
        HugePages.EnableZeroPage(context);
        int fd = context.Options.GetFlag("device") ? BackingFile.OpenDevice(context, "/dev/zero").Descriptor : -1;
        _mapping = HugePages.MapForHuge(context, HugePages.GetPmdSize(), fd);
        _mapping.Read([0]);
        // With the small zero page only one page would be present.
        if (_mapping.FindPagesInCore().Length != _mapping.PageCount)
        {
            throw new SkippedException("the page fault did not map the huge zero page");
        }

        context.Add(Name, _mapping).WithAll("read").With("written", "none");
    }

    public override void Next(Context context, int step, string argument)
    {
        _mapping!.Write(0);
        // The kernel copies one page and maps the small zero page for the rest, or (6.13) allocates a real huge page.
        context[Name].With("written", "0").With("huge-bytes", Smaps.SumBytes(_mapping, "AnonHugePages").ToString());
    }
}

internal sealed class MultiSizeProcess : TestProcess
{
    public override string Name => "mthp";

    public override string Summary =>
        "kib=64 folios=16: private anonymous folios of 64 KiB, one byte of each written (needs Linux 6.8); zapped: " +
        "the same with the second page of each folio zapped";

    public override void Make(Context context)
    {
        long size = context.Options.GetNumber("kib", 64) * 1024L;
        int folios = context.Options.GetNumber("folios", 16);
        HugePages.EnableMultiSize(context, size);
        int pages = (int)(size / MappedRegion.PageSize);

        MappedRegion whole = Make(context, size, folios);
        context.Add(Name, whole).WithAll("written").With("folio-pages", pages.ToString());

        MappedRegion zapped = Make(context, size, folios);
        for (int folio = 0; folio < folios; folio++)
        {
            zapped.Slice(folio * pages + 1, 1).Advise(Libc.MadvDontNeed, "MADV_DONTNEED");
        }

        context.Add("zapped", zapped).With("folio-pages", pages.ToString())
            .With("zapped", Enumerable.Range(0, folios).Select(folio => folio * pages + 1));
    }

    /// <summary>Maps folios of a size that is enabled.</summary>
    public static MappedRegion Make(Context context, long size, int folios)
    {
        // Shorter than a PMD, so that the kernel does not allocate a huge page.
        MappedRegion region = HugePages.MapForHuge(context, size * folios);
        for (int folio = 0; folio < folios; folio++)
        {
            region.WriteByte(folio * size);
        }

        long resident = Smaps.SumBytes(region, "Rss");
        return resident == region.Length
            ? region
            : throw new SkippedException($"one write to each folio gave {resident} resident bytes of {region.Length}");
    }
}
