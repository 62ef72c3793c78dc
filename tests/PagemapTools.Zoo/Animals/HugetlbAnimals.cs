using PagemapTools.Zoo.Machine;
using PagemapTools.Zoo.Native;

namespace PagemapTools.Zoo.Animals;

internal sealed class PrivateHugetlbAnimal : Animal
{
    public override string Name => "hugetlb-private";

    public override string Summary =>
        "pages=4: MAP_PRIVATE|MAP_HUGETLB, huge pages 0 written, 1 read, the others untouched (expect counts huge pages)";

    public override void Make(Habitat habitat)
    {
        int pages = habitat.Options.Number("pages", 4);
        long size = HugePages.HugetlbSize();
        HugePages.Provide(habitat, pages);
        int flags = Libc.MapPrivate | Libc.MapAnonymous | Libc.MapHugetlb;
        MappedRegion mapping = MappedRegion.Map(habitat, pages * size, Libc.ProtReadWrite, flags, -1, size);
        int step = (int)(size / MappedRegion.PageSize);
        mapping.Write(0);
        mapping.Read([step]);
        habitat.Add(Name, mapping).With("huge-page-size", size.ToString()).With("huge-written", "0").With("huge-read", "1")
            .With("huge-untouched", Enumerable.Range(2, pages - 2));
    }
}

internal sealed class SharedHugetlbAnimal : Animal
{
    // What the entries of one page table of huge pages cover, on x86-64 and arm64 (mm/hugetlb.c, huge_pmd_share).
    private const long TableSpan = 1L << 30;

    public override string Name => "hugetlb-shared";

    public override string Summary =>
        "pages=4 reserve=0 of=memfd: MAP_SHARED of a MFD_HUGETLB memfd, of the first System V segment of an IPC namespace (of=sysv), or " +
        "of a file on a hugetlbfs that is no longer mounted (of=unmounted), by a parent and a child: huge page 0 in both, 1 in the " +
        "parent, 2 in the child (expect counts huge pages); reserve=2GiB: so long that they share the page table, and all three";

    public override void Make(Habitat habitat)
    {
        int pages = Math.Max(habitat.Options.Number("pages", 4), 3);
        long size = HugePages.HugetlbSize();
        HugePages.Provide(habitat, pages);
        MappedRegion mapping = Map(habitat, Math.Max(pages * size, habitat.Options.Size("reserve", "0")), size);
        int step = (int)(size / MappedRegion.PageSize);
        mapping.Write([0, step]);
        ClonedChild child = ClonedChild.Sleeping(habitat);
        child.Read(mapping, [0, 2 * step]);
        habitat.Add("parent", mapping).With("huge-page-size", size.ToString()).With("huge-mapped", "0-1");
        habitat.Add("child", child.ProcessId, mapping.Address, mapping.Length)
            .With("huge-page-size", size.ToString()).With("huge-mapped", "0,2");
    }

    private static MappedRegion Map(Habitat habitat, long length, long size)
    {
        string of = habitat.Options.Text("of", "memfd");
        if (of is "sysv")
        {
            SystemVSegment.EnterNewNamespace();
            return SystemVSegment.Attach(habitat, length, size);
        }

        Mount? mount = of is "unmounted" ? Mount.Of(habitat, "hugetlbfs", $"pagesize={size}") : null;
        BackingFile file = mount is null
            ? BackingFile.InMemory(habitat, "hugetlb-shared", hugetlb: true)
            : BackingFile.Create(habitat, Path.Combine(mount.Directory, "file"));
        int fd = file.Resize(length).Descriptor;

        // Of a reservation the pool holds only what is touched.
        MappedRegion region = MappedRegion.Map(habitat, length, Libc.ProtReadWrite, Libc.MapShared | Libc.MapNoReserve, fd, length > TableSpan ? TableSpan : size);
        mount?.Detach();
        return region;
    }
}
