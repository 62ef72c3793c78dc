using PagemapTools.Zoo.Native;

namespace PagemapTools.Zoo.Animals;

internal sealed class MemoryFileAnimal : PlainAnimal
{
    public override string Name => "memfd";

    protected override string What => "MAP_SHARED of a memfd";

    protected override bool Sharable => true;

    protected override MappedRegion Map(Habitat habitat, int pageCount)
    {
        long length = (long)pageCount * MappedRegion.PageSize;
        return MappedRegion.Shared(habitat, BackingFile.InMemory(habitat, "zoo").Resize(length).Descriptor, length);
    }
}

internal sealed class PosixSharedMemoryAnimal : PlainAnimal
{
    public override string Name => "posix-shm";

    protected override string What => "MAP_SHARED of a file in /dev/shm, as shm_open makes it";

    protected override bool Sharable => true;

    protected override MappedRegion Map(Habitat habitat, int pageCount)
    {
        long length = (long)pageCount * MappedRegion.PageSize;
        BackingFile file = BackingFile.Create(habitat, "/dev/shm/" + BackingFile.Unique("posix"));
        return MappedRegion.Shared(habitat, file.Resize(length).Descriptor, length);
    }
}

internal sealed class SystemVSharedMemoryAnimal : PlainAnimal
{
    public override string Name => "sysv-shm";

    protected override string What => "a System V segment (shmget, shmat)";

    protected override bool Sharable => true;

    protected override MappedRegion Map(Habitat habitat, int pageCount) =>
        SystemVSegment.Attach(habitat, (long)pageCount * MappedRegion.PageSize);
}

internal sealed class FirstSystemVSharedMemoryAnimal : PlainAnimal
{
    public override string Name => "sysv-shm-first";

    protected override string What => "the first System V segment of an IPC namespace, as in a container: its id and inode are 0";

    protected override bool Sharable => true;

    protected override MappedRegion Map(Habitat habitat, int pageCount)
    {
        SystemVSegment.EnterNewNamespace();
        return SystemVSegment.Attach(habitat, (long)pageCount * MappedRegion.PageSize);
    }
}

internal sealed class TmpfsFileAnimal : PlainAnimal
{
    public override string Name => "tmpfs-file";

    protected override string What => "MAP_SHARED of a sparse file on a tmpfs mounted for it (detached=1: and unmounted once it is mapped)";

    protected override string Keys => " detached=0";

    protected override bool Sharable => true;

    protected override MappedRegion Map(Habitat habitat, int pageCount)
    {
        long length = (long)pageCount * MappedRegion.PageSize;
        Mount tmpfs = Mount.Of(habitat, "tmpfs", "mode=0700");
        BackingFile file = BackingFile.Create(habitat, Path.Combine(tmpfs.Directory, "file"));
        MappedRegion region = MappedRegion.Shared(habitat, file.Resize(length).Descriptor, length);
        if (habitat.Options.Flag("detached"))
        {
            tmpfs.Detach();
        }

        return region;
    }
}

internal sealed class ZappedAnimal : Animal
{
    private MappedRegion? _mapping;

    public override string Name => "shared-zapped";

    public override string Summary =>
        "pages=16: a shared memfd; first half written and zapped (MADV_DONTNEED: in the page cache, entry 0), " +
        "third quarter written, the rest a hole; next: page 0 is written again";

    public override void Make(Habitat habitat)
    {
        int pageCount = habitat.Options.Number("pages", 16);
        int[] zapped = [.. Enumerable.Range(0, pageCount / 2)];
        int[] mapped = [.. Enumerable.Range(pageCount / 2, pageCount / 4)];
        long length = (long)pageCount * MappedRegion.PageSize;
        _mapping = MappedRegion.Shared(habitat, BackingFile.InMemory(habitat, Name).Resize(length).Descriptor, length);
        _mapping.Write(zapped);
        _mapping.Write(mapped);
        _mapping.Part(0, zapped.Length).Advise(Libc.MadvDontNeed, "MADV_DONTNEED");
        habitat.Add(Name, _mapping).With("zapped", zapped).With("mapped", mapped)
            .With("hole", Enumerable.Range(0, pageCount).Except(zapped).Except(mapped));
    }

    public override void Next(Habitat habitat, int step, string argument)
    {
        // Not a read: its fault would map the neighbours too (fault-around).
        _mapping!.Write([0]);
        habitat[Name].Move("mapped", [0], "zapped");
    }
}

internal sealed class MappedTwiceAnimal : Animal
{
    private MappedRegion? _second;

    public override string Name => "mapped-twice";

    public override string Summary =>
        "pages=16: one memfd mapped twice (first, second) by the same process; page 0 of both is touched, page 1 " +
        "of the first; next: page 1 of the second is touched";

    public override void Make(Habitat habitat)
    {
        long length = (long)habitat.Options.Number("pages", 16) * MappedRegion.PageSize;
        int fd = BackingFile.InMemory(habitat, Name).Resize(length).Descriptor;
        MappedRegion first = MappedRegion.Shared(habitat, fd, length);
        _second = MappedRegion.Shared(habitat, fd, length);
        // A write fault on shared memory maps only its own page; a read fault would map the neighbours too.
        first.Write([0, 1]);
        _second.Write([0]);
        habitat.Add("first", first).With("written", "0-1");
        habitat.Add("second", _second).With("written", "0");
    }

    public override void Next(Habitat habitat, int step, string argument)
    {
        _second!.Write([1]);
        habitat["second"].With("written", "0-1");
    }
}
