using PagemapTools.TestProcesses.Machine;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

internal sealed class PrivateHugetlbProcess : TestProcess
{
    public override string Name => "hugetlb-private";

    public override string Summary =>
        "pages=4: MAP_PRIVATE|MAP_HUGETLB, huge pages 0 written, 1 read, the others untouched (expect counts huge pages)";

    public override void Make(Context context)
    {
        int pages = context.Options.GetNumber("pages", 4);
        long size = HugePages.GetHugetlbSize();
        HugePages.Provide(context, pages);
        int flags = Libc.MapPrivate | Libc.MapAnonymous | Libc.MapHugetlb;
        MappedRegion mapping = MappedRegion.Map(context, pages * size, Libc.ProtReadWrite, flags, -1, size);
        int step = (int)(size / MappedRegion.PageSize);
        mapping.Write(0);
        mapping.Read([step]);
        context.Add(Name, mapping).With("huge-page-size", size.ToString()).With("huge-written", "0").With("huge-read", "1")
            .With("huge-untouched", Enumerable.Range(2, pages - 2));
    }
}

internal sealed class SharedHugetlbProcess : TestProcess
{
    // The range that one page table of huge pages covers on x86-64 and arm64 (mm/hugetlb.c, huge_pmd_share).
    private const long TableSpan = 1L << 30;

    public override string Name => "hugetlb-shared";

    public override string Summary =>
        "pages=4 reserve=0 of=memfd: MAP_SHARED of a MFD_HUGETLB memfd, of the first System V segment of an IPC namespace (of=sysv), or " +
        "of a file on an unmounted hugetlbfs (of=unmounted), by a parent and a child: huge page 0 in both, 1 in the " +
        "parent, 2 in the child (expect counts huge pages); reserve=2GiB: long enough to share the page table, all three in both";

    public override void Make(Context context)
    {
        int pages = Math.Max(context.Options.GetNumber("pages", 4), 3);
        long size = HugePages.GetHugetlbSize();
        HugePages.Provide(context, pages);
        MappedRegion mapping = Map(context, Math.Max(pages * size, context.Options.GetSize("reserve", "0")), size);
        int step = (int)(size / MappedRegion.PageSize);
        mapping.Write([0, step]);
        ClonedChild child = ClonedChild.StartSleeping(context);
        child.Read(mapping, [0, 2 * step]);
        context.Add("parent", mapping).With("huge-page-size", size.ToString()).With("huge-mapped", "0-1");
        context.Add("child", child.ProcessId, mapping.Address, mapping.Length)
            .With("huge-page-size", size.ToString()).With("huge-mapped", "0,2");
    }

    private static MappedRegion Map(Context context, long length, long size)
    {
        string of = context.Options.GetText("of", "memfd");
        if (of is "sysv")
        {
            SystemVSegment.EnterNewNamespace();
            return SystemVSegment.Attach(context, length, size);
        }

        Mount? mount = of is "unmounted" ? Mount.Attach(context, "hugetlbfs", $"pagesize={size}") : null;
        BackingFile file = mount is null
            ? BackingFile.CreateInMemory(context, "hugetlb-shared", hugetlb: true)
            : BackingFile.Create(context, Path.Combine(mount.Directory, "file"));
        int fd = file.Resize(length).Descriptor;

        // With MAP_NORESERVE the pool needs huge pages only for touched pages.
        MappedRegion region = MappedRegion.Map(context, length, Libc.ProtReadWrite, Libc.MapShared | Libc.MapNoReserve, fd, length > TableSpan ? TableSpan : size);
        mount?.Detach();
        return region;
    }
}
